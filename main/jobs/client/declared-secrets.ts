import { UsageError } from '../../../common/errors.ts';
import { namedSecrets, readSecrets, secretFile } from '../../secrets/read-secrets.ts';
import type { JobSecret } from '../secrets/job-secret.ts';

/** What `--secret` names. */
export interface DeclaredSecrets {
  /** As variables of these names they are there for a script and for a build. */
  readonly secrets: readonly JobSecret[];
  /** The files that some of them were read from, absolute, by their names: these travel in no package. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Reads what `--secret` names: `env:TOKEN`, `file:keys/db` below `directory`, or `db=file:keys/db`. Throws
 * UsageError.
 */
export function declaredSecrets(
  flags: readonly string[],
  { directory, env }: { readonly directory: string; readonly env: NodeJS.ProcessEnv },
): DeclaredSecrets {
  const sources = Object.fromEntries(flags.map(sourceOf));
  if (Object.keys(sources).length < flags.length) throw new UsageError('--secret: one is told twice.');
  const mistakes: string[] = [];
  const { values } = readSecrets(sources, { directory, env }, ({ message }) => mistakes.push(message));
  if (mistakes.length > 0) throw new UsageError(`--secret: ${mistakes.join('; ')}.`);
  const files = Object.entries(sources).flatMap(([name, source]) => {
    const file = secretFile(source, directory);
    return file === undefined ? [] : [[name, file] as const];
  });
  return {
    secrets: Object.entries(values).map(([name, value]) => ({ name, value, env: name })),
    files: new Map(files),
  };
}

function sourceOf(flag: string): [string, string] {
  const [, called, source = flag] = /^([A-Za-z_]\w*)=(.*)$/s.exec(flag) ?? [];
  const [named] = namedSecrets([source]);
  return [called ?? named?.name ?? '', source];
}

/**
 * The secrets of a scenario as they are found where it runs: in the environment, or in a file that has its
 * place in the package and does not travel in it. Throws UsageError that names each which was not declared by
 * `--secret`.
 */
export function scenarioSecrets(
  named: readonly { readonly name: string; readonly source: string; readonly file?: string }[],
  declared: readonly JobSecret[],
): readonly JobSecret[] {
  const found = new Map(declared.map((secret) => [secret.name, secret]));
  const missing: string[] = [];
  for (const { name, source, file } of named) {
    const secret = found.get(name);
    if (!secret) missing.push(`${name} (--secret ${name}=${source})`);
    else {
      const where = file === undefined ? { env: source.replace(/^env:/, '') } : { env: undefined, file };
      found.set(name, { ...secret, ...where });
    }
  }
  if (missing.length > 0) {
    const message = `These secrets of the main config do not travel:\n  ${missing.join('\n  ')}`;
    throw new UsageError(message, { hint: 'declare each by --secret; the server keeps it encrypted' });
  }
  return [...found.values()];
}
