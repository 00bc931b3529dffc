import { databasePrefix, type Initiator } from '../project/project-key.ts';

export const runnerId = (node: number, index: number): string => `${node}_${index}`;

/** What hooks of a node have in their environment. */
export const nodeEnvironment = (
  node: number,
  count: number,
  initiator: Initiator,
): Record<string, string> => ({
  SHAKEDOWN_NODE_ID: String(node),
  SHAKEDOWN_RUNNER_COUNT: String(count),
  DB_PREFIX: databasePrefix(initiator, String(node)),
});

/**
 * What a runner's hooks and tests have besides: who it is, the beginning of its databases' names, and the
 * first of its own ports with how many there are.
 */
export const runnerEnvironment = (
  runner: string,
  initiator: Initiator,
  { first, count }: { readonly first: number; readonly count: number },
): Record<string, string> => ({
  SHAKEDOWN_RUNNER_ID: runner,
  DB_PREFIX: databasePrefix(initiator, runner),
  SHAKEDOWN_PORT: String(first),
  SHAKEDOWN_PORT_COUNT: String(count),
});
