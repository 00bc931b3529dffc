/**
 * How often a test repeats what it repeats for confidence: `few` in a usual run, `many` in `npm run
 * test:long`, which is run before a change of what the test holds is called done.
 */
export const rounds = (few: number, many: number): number =>
  process.env.SHAKEDOWN_LONG_TESTS === '1' ? many : few;
