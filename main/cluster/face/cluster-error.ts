/** Something that the cluster could not do for a test; its message says what and where. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

/** An error whose stack begins where `called` was called: the line of the check file. */
export function failure(called: (...args: never[]) => unknown, message = ''): ClusterError {
  const error = new ClusterError(message);
  Error.captureStackTrace(error, called);
  return error;
}

/** A name in quotes, a number as it is. */
export const quoted = (value: number | string): string =>
  typeof value === 'number' ? `${value}` : `'${value}'`;
