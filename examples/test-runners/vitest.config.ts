import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Only in a checkout of shakedown: its sources stand for the package.
  resolve: { conditions: ['shakedown-source'] },
  ssr: { resolve: { conditions: ['shakedown-source'], externalConditions: ['shakedown-source'] } },
  test: { include: ['vitest.test.ts'], testTimeout: 60_000 },
});
