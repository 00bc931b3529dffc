import type { RunContext } from '../../main/context/run-context.ts';

/**
 * What a provider is given for its work, with nobody who looks on, and the
 * cache that all tests on machines share.
 */
export const runContext = (more: Partial<RunContext> = {}): RunContext => ({
  signal: new AbortController().signal,
  emit: () => undefined,
  log: () => undefined,
  clock: Date.now,
  cacheDir: '/var/cache/shakedown',
  ledger: { record: async () => undefined, remove: async () => undefined },
  ...more,
});
