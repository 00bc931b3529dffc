import { posix } from 'node:path';
import { type FailureDetails, ShakedownError } from '../../../common/errors.ts';
import type { Remote } from '../remote.ts';

/**
 * The error for what could not be written to a path of a node, from what was said there: a full disk is told
 * with what df(1) says of it, one that is mounted for reading only as that.
 */
export async function notWritten(
  remote: Pick<Remote, 'exec'>,
  target: string,
  failure: FailureDetails,
): Promise<ShakedownError> {
  const said = (failure.lastLines ?? []).join('\n');
  if (/Read-only file system/i.test(said)) {
    const hint = `${target} is mounted for reading only: name a place that may be written, or look at \`mount\` and \`dmesg\` there`;
    return new ShakedownError({ ...failure, hint });
  }
  if (!/No space left|Disk quota exceeded/i.test(said)) return new ShakedownError(failure);
  const room = await remote
    .exec(['df', '-h', posix.dirname(target)], { timeout: 10 })
    .then(({ stdout }) => stdout.trim().split('\n').slice(-2))
    .catch(() => []);
  return new ShakedownError({
    ...failure,
    message: `no space left on the node for ${target}`,
    lastLines: [...(failure.lastLines ?? []), ...room],
    hint: `free some space there: df -h ${target}`,
  });
}
