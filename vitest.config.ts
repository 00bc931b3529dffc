import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/**
 * They end makers at moments that were measured before, and look at what of this main host is in use by
 * anybody: no other machines are made meanwhile, but tests without any run beside them.
 */
const alone = ['test/e2e/ledger.test.ts'];

/** What fetches from afar, or takes long for what it tells: `npm run test:long` has it alone. */
const long = 'test/e2e/long/**';

/** `npm run test:long` repeats more often, and with more, than a usual run has time for. */
const isLong = process.env.SHAKEDOWN_LONG_TESTS === '1';

const common = {
  globalSetup: ['test/temporary-folder.ts'],
  setupFiles: ['test/patience.ts', 'test/tell-errors.ts'],
  // Far above what they take: a machine may be slow and busy.
  testTimeout: isLong ? 1_800_000 : 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 120_000 } },
};

const longTests = {
  test: {
    name: 'e2e-long',
    ...common,
    include: [`${long}/*.test.ts`],
    maxWorkers: 1,
    sequence: { groupOrder: 3 },
  },
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // One group after the other.
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          ...common,
          // One more than CI has cores: some of them wait for what shall come about.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          ...common,
          include: ['test/e2e/**/*.test.ts'],
          exclude: [...alone, long],
          // Two more than CI has cores: most of a test on machines is waiting for one of them.
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e-alone',
          ...common,
          include: alone,
          // One file; projects of one group have one number.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      ...(isLong ? [longTests] : []),
    ],
  },
});
