import { posix } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import type { Agent } from '../../agent/agent.ts';

/**
 * Copies the project's folder beside itself, before any test has run. What this gives puts the project back
 * as it was: what tests left in it is gone. The copy goes with its place. Throws ShakedownError, also later.
 */
export async function copyUntouched(
  agent: Agent,
  project: string,
  signal: AbortSignal,
): Promise<(signal: AbortSignal) => Promise<void>> {
  const copy = posix.join(posix.dirname(project), 'project.untouched');
  const sh = async (script: string, until: AbortSignal) => {
    const argv = ['/bin/sh', '-c', script, 'sh', project, copy];
    const { exitCode, stderr } = await agent.exec(argv, { signal: until });
    if (exitCode === 0) return;
    throw new ShakedownError({
      message: `the project cannot be copied on the node: ${stderr.trim()}`,
      exitCode,
    });
  };
  await sh('rm -rf -- "$2" && cp -a -- "$1" "$2"', signal);
  return (until) => sh('rm -rf -- "$1" && cp -a -- "$2" "$1"', until);
}
