import { UsageError } from '../../../common/errors.ts';

/** What `--env NAME=VALUE` or `--env NAME` (ours) says. Throws UsageError. */
export function variable(written: string, env: NodeJS.ProcessEnv): readonly [string, string] {
  const equals = written.indexOf('=');
  if (equals === 0)
    throw new UsageError(`--env ${written}: the name is missing.`, { hint: '--env NAME=VALUE' });
  if (equals > 0) return [written.slice(0, equals), written.slice(equals + 1)];
  const ours = env[written];
  if (ours === undefined) {
    throw new UsageError(`--env ${written}: there is no such variable here, and no value was given.`, {
      hint: `--env ${written || 'NAME'}=VALUE`,
    });
  }
  return [written, ours];
}
