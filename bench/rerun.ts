// How a rerun on kept nodes compares with a whole run, within one measurement: `node bench/rerun.ts
// [rounds]`. Prints ms and the ratio; the service's own restart is told apart: on the node where that took
// longest, `clean`, which stops what ran there, and `start`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './measure/median.ts';
import { program } from './measure/package-program.ts';
import { tellRatio } from './measure/tell-ratio.ts';
import { timedRun } from './measure/timed-run.ts';

const root = join(import.meta.dirname, '..');
const rounds = Number(process.argv[2] ?? 5);
const directory = mkdtempSync(join(tmpdir(), 'shakedown-bench-'));

/** ms; `clean` and `start` of the node that took longest for both. */
interface Measured {
  readonly wall: number;
  readonly clean: number;
  readonly start: number;
}

function measure(...args: string[]): Measured {
  const { wall, run } = timedRun(directory, args);
  const nodes = Map.groupBy(run.phases, ({ node }) => node);
  nodes.delete(undefined);
  const restarts = [...nodes.values()].map((phases) => {
    const ms = (name: string) => phases.find(({ phase }) => phase === name)?.durationMs ?? 0;
    return { clean: ms('clean'), start: ms('start') };
  });
  const [longest = { clean: 0, start: 0 }] = restarts.toSorted(
    (one, other) => other.clean + other.start - one.clean - one.start,
  );
  return { wall, ...longest };
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
  const without = median(again.map(({ wall, clean, start }) => wall - clean - start));
  tellRatio('a rerun on kept machines to a run', rerun / whole);
  console.log(`rounds ${rounds}, medians: run ${whole.toFixed(0)} ms, rerun ${rerun.toFixed(0)} ms`);
  console.log(
    `rerun without the service's own stop (${median(again.map(({ clean }) => clean)).toFixed(0)} ms) and start (${median(again.map(({ start }) => start)).toFixed(0)} ms): ${without.toFixed(0)} ms; rerun/run ${(rerun / whole).toFixed(2)}`,
  );
} finally {
  spawnSync(process.execPath, [program, 'down'], { cwd: directory, stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
}
