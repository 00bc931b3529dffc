import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          globalSetup: ['test/temporary-folder.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/temporary-folder.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Machines answer in their own time, more so when the main host is busy.
          expect: { poll: { timeout: 30_000 } },
          // Machines are what is scarce: one file at a time.
          fileParallelism: false,
        },
      },
    ],
  },
});
