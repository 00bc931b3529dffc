import { stripVTControlCharacters } from 'node:util';

/** Names that say nothing which the message does not. */
const plainNames = new Set(['Error', 'AssertionError', 'ClusterError', undefined, '']);

/**
 * An error's message without colours, in our words where Vitest speaks of
 * itself; with the error's name if it tells.
 */
export function plainMessage(said: string, name?: string): string {
  const message = stripVTControlCharacters(said).trim();
  const timedOut = /^(Test|Hook) timed out in (\d+)ms/.exec(message);
  if (timedOut) {
    const [, what = '', ms] = timedOut;
    return `the ${what.toLowerCase()} did not finish within ${Number(ms) / 1000} s`;
  }
  const exited = /^process\.exit unexpectedly called with "([^"]*)"/.exec(message);
  if (exited) return `the check called process.exit with code ${exited[1]}`;
  return plainNames.has(name) ? message : `${name}: ${message}`;
}
