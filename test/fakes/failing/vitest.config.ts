import { defineConfig } from 'vitest/config';

/** Tests that fail, as ours would: what is told of them is looked at. */
export default defineConfig({
  test: { include: ['failing.ts'], setupFiles: ['../../tell-errors.ts'], reporters: ['dot'] },
});
