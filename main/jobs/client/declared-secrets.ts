import { relative, resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { namedSecrets, readSecrets, type SecretSources } from '../../secrets/read-secrets.ts';
import type { JobSecret } from '../secrets/job-secret.ts';

/**
 * Reads what `--secret` names: `env:TOKEN`, `file:keys/db` below `directory`, or `db=file:keys/db`. As
 * variables of these names they are there for a script. Throws UsageError.
 */
export function declaredSecrets(
  flags: readonly string[],
  { directory, env }: { readonly directory: string; readonly env: NodeJS.ProcessEnv },
): readonly JobSecret[] {
  const sources = Object.fromEntries(flags.map(sourceOf));
  if (Object.keys(sources).length < flags.length) throw new UsageError('--secret: one is told twice.');
  const mistakes: string[] = [];
  const { values } = readSecrets(sources, { directory, env }, ({ message }) => mistakes.push(message));
  if (mistakes.length > 0) throw new UsageError(`--secret: ${mistakes.join('; ')}.`);
  return Object.entries(values).map(([name, value]) => ({ name, value, env: name }));
}

/** The files of `--secret` that are below `root`, relative to it: what is in them travels in no package. */
export function secretFiles(
  flags: readonly string[],
  { directory, root }: { readonly directory: string; readonly root: string },
): readonly string[] {
  const files = flags.map((flag) => /^file:(.*)$/s.exec(sourceOf(flag)[1])?.[1]);
  return files
    .flatMap((file) => (file === undefined ? [] : relative(root, resolve(directory, file))))
    .filter((path) => !path.startsWith('..'));
}

function sourceOf(flag: string): [string, string] {
  const [, called, source = flag] = /^([A-Za-z_]\w*)=(.*)$/s.exec(flag) ?? [];
  const [named] = namedSecrets([source]);
  return [called ?? named?.name ?? '', source];
}

/**
 * The secrets of a scenario as they are found where it runs: in the environment, or in a file of its folder,
 * which does not travel in the package. Throws UsageError that names each which was not declared by
 * `--secret`, or lies where it cannot be put.
 */
export function scenarioSecrets(
  sources: SecretSources,
  declared: readonly JobSecret[],
  directory: string,
): readonly JobSecret[] {
  const found = new Map(declared.map((secret) => [secret.name, secret]));
  const missing: string[] = [];
  for (const { name, source } of namedSecrets(sources)) {
    const secret = found.get(name);
    const [, kind, where = ''] = /^(env|file):(.*)$/s.exec(source) ?? [];
    const file = kind === 'file' ? relative(directory, `${directory}/${where}`) : undefined;
    if (!secret) missing.push(`${name} (--secret ${name}=${source})`);
    else if (/^[/~]/.test(where) || file?.startsWith('..')) {
      missing.push(`${name}: ${source} is not in the scenario's folder`);
    } else {
      found.set(name, { ...secret, ...(file === undefined ? { env: where } : { env: undefined, file }) });
    }
  }
  if (missing.length > 0) {
    const message = `These secrets of the main config do not travel:\n  ${missing.join('\n  ')}`;
    throw new UsageError(message, { hint: 'declare each by --secret; the server keeps it encrypted' });
  }
  return [...found.values()];
}
