import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { hostPath } from '../context/host-path.ts';
import { isSecretName } from './secret-reference.ts';
import { Secrets } from './secrets.ts';
import { shortestSecret } from './spellings.ts';

/**
 * As a config has it: `['env:TOKEN', 'file:keys/db']`, or by names of their own: `{ db: 'file:keys/db' }`.
 */
export type SecretSources = readonly string[] | Readonly<Record<string, string>>;

/** Bytes; a secret is no disk image. */
const longest = 64 * 1024;

const sourcePattern = /^(env|file):(.+)$/s;

type Complain = (mistake: { readonly path: string; readonly message: string }) => void;

/**
 * Reads what a config's `secrets` name: environment variables, and files relative to `directory`, whose last
 * newline does not count. What cannot be read, or masked, is told to `complain`; never a value.
 */
export function readSecrets(
  sources: SecretSources,
  { directory, env }: { readonly directory: string; readonly env: NodeJS.ProcessEnv },
  complain: Complain,
): Secrets {
  const values: Record<string, string> = {};
  const from: Record<string, string> = {};
  for (const { name, source, path } of namedSecrets(sources)) {
    const tell = (message: string) => complain({ path, message });
    // Whoever wrote the value itself must not read it in a log.
    if (!sourcePattern.test(source)) tell("expected 'env:VARIABLE' or 'file:PATH', not the value itself");
    else if (!isSecretName(name)) {
      tell(
        `'${name}' cannot be its name, which is made of A-Z, a-z, 0-9 and _: secrets: { my_name: '${source}' }`,
      );
    } else if (Object.hasOwn(values, name)) tell(`there is another secret '${name}'`);
    else {
      const value = read(source, directory, env, tell);
      if (value === undefined) continue;
      values[name] = value;
      from[name] = source;
    }
  }
  return new Secrets(values, from);
}

/** The names that a config gives its secrets, be they readable or not. */
export const secretNames = (sources: SecretSources): readonly string[] =>
  namedSecrets(sources).map(({ name }) => name);

/** Each with its name, and the path in the config at which it is told. */
export function namedSecrets(sources: SecretSources): { name: string; source: string; path: string }[] {
  if (!Array.isArray(sources)) {
    return Object.entries(sources as Readonly<Record<string, string>>).map(([name, source]) => ({
      name,
      source,
      path: `secrets.${name}`,
    }));
  }
  return sources.map((source: string, index) => ({
    name: source.startsWith('file:') ? basename(source.slice(5)) : source.replace(/^env:/, ''),
    source,
    path: `secrets[${index}]`,
  }));
}

/** The file (absolute) that a source reads; undefined for an environment variable. */
export const secretFile = (source: string, directory: string): string | undefined =>
  source.startsWith('file:') ? hostPath(directory, source.slice('file:'.length)) : undefined;

function read(
  source: string,
  directory: string,
  env: NodeJS.ProcessEnv,
  tell: (message: string) => void,
): string | undefined {
  const [, kind, where = ''] = sourcePattern.exec(source) ?? [];
  const value = kind === 'env' ? env[where] : readText(where, directory, tell);
  if (value === undefined) {
    if (kind === 'env') tell(`there is no environment variable ${where}`);
    return undefined;
  }
  if (value.includes('\0')) tell(`${where} holds a NUL character, which no variable can have`);
  else if (value.trim() === '') tell(`${where} is empty`);
  else if (value.length < shortestSecret) {
    tell(
      `${where} has ${value.length} characters, too few to be masked without hiding much else: ${shortestSecret} at least`,
    );
  } else return value;
  return undefined;
}

function readText(where: string, directory: string, tell: (message: string) => void): string | undefined {
  const file = hostPath(directory, where);
  try {
    const { size } = statSync(file);
    if (size <= longest) return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    tell(`${file} has ${size} bytes, more than ${longest}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    tell(code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${message}`);
  }
  return undefined;
}
