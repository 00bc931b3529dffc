// How a rerun on kept nodes compares with a whole run, within one measurement: `node bench/rerun.ts
// [rounds]`. Prints ms and the ratio; the service's own restart (the phases start and stop) is told apart.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './median.ts';
import { tellRatio } from './tell-ratio.ts';
import { timedRun } from './timed-run.ts';

const root = join(import.meta.dirname, '..');
const program = join(root, 'bin/shakedown.mjs');
const rounds = Number(process.argv[2] ?? 5);
const directory = mkdtempSync(join(tmpdir(), 'shakedown-bench-'));

/** ms; `restart` is the service's own. */
interface Measured {
  readonly wall: number;
  readonly restart: number;
}

function measure(...args: string[]): Measured {
  const { wall, run } = timedRun(directory, args);
  const own = run.phases.filter(({ phase, node }) => ['start', 'stop'].includes(phase) && node === undefined);
  return { wall, restart: own.reduce((sum, { durationMs }) => sum + durationMs, 0) };
}

try {
  const first: Measured[] = [];
  const again: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    first.push(measure('run', root, '--keep'));
    again.push(measure('rerun', '--set', `token=round${round}`));
  }
  const whole = median(first.map(({ wall }) => wall));
  const rerun = median(again.map(({ wall }) => wall));
  const without = median(again.map(({ wall, restart }) => wall - restart));
  tellRatio('a rerun on kept machines to a run', rerun / whole);
  console.log(`rounds ${rounds}, medians: run ${whole.toFixed(0)} ms, rerun ${rerun.toFixed(0)} ms`);
  console.log(
    `rerun without the service's own stop and start: ${without.toFixed(0)} ms; rerun/run ${(rerun / whole).toFixed(2)}`,
  );
} finally {
  spawnSync(process.execPath, [program, 'down'], { cwd: directory, stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
}
