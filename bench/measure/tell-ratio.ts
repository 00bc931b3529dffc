import { appendFileSync } from 'node:fs';

/** Tells `npm run bench` a ratio (or a count) under the name that `all/programs.ts` has for it. */
export function tellRatio(name: string, value: number): void {
  const file = process.env.SHAKEDOWN_BENCH_RATIOS;
  if (file) appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}
