import { asShakedownError, type FailureDetails, ShakedownError } from '../common/errors.ts';
import type { AgentFailureData } from '../common/protocol.ts';
import { mountPointOf } from './proc/mounts.ts';

interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
  readonly dest?: string;
}

/** Whether it is an error of the operating system, with one of these codes if any are given. */
export const isSystemError = (error: unknown, ...codes: string[]): error is SystemError =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  (codes.length === 0 || codes.includes(error.code));

/** Any thrown value as what crosses the wire. Errors of the operating system are put into words. */
export function failureOf(error: unknown): AgentFailureData {
  const { at, ...details } = detailsOf(error);
  return at === undefined ? details : { ...details, agoMs: Math.max(0, Date.now() - at) };
}

function detailsOf(error: unknown): FailureDetails {
  if (isSystemError(error, 'ENOSPC', 'EDQUOT')) return noSpace(error.dest ?? error.path).details;
  if (isSystemError(error, 'EROFS')) {
    const where = error.path ?? 'the node';
    return {
      message: `${where} is on a read-only file system`,
      hint: 'look at the node with `mount` and `dmesg`',
    };
  }
  return asShakedownError(error).details;
}

/** The error for a full disk; `path` is something on it. */
function noSpace(path: string | undefined, more: Partial<FailureDetails> = {}): ShakedownError {
  return new ShakedownError({
    message: `no space left on ${path === undefined ? 'the node' : mountPointOf(path)}`,
    hint: 'free space on the node (`df -h` there shows what is full), or give it a bigger disk',
    ...more,
  });
}
