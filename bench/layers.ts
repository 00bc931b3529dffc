// What layers save, within one measurement: `node bench/layers.ts [rounds]`, as root, with the base
// tree in the cache. The default scenario (three etcd nodes) as it runs first, when its layer is
// made, as it runs from then on, and without layers (`cache: false`); and what installing takes for
// one node and for three. Prints ms and ratios.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './measure/median.ts';
import { tellRatio } from './measure/tell-ratio.ts';
import { timedRun } from './measure/timed-run.ts';

const root = join(import.meta.dirname, '..');
const rounds = Number(process.argv[2] ?? 5);
const directory = mkdtempSync(join(tmpdir(), 'shakedown-bench-'));

/** ms; `phases` by name, as a whole. */
interface Measured {
  readonly wall: number;
  readonly phases: ReadonlyMap<string, number>;
}

function measure(...args: string[]): Measured {
  const { wall, run } = timedRun(directory, ['run', ...args]);
  const phases = new Map<string, number>();
  for (const { phase, node, durationMs } of run.phases)
    if (node === undefined) phases.set(phase, (phases.get(phase) ?? 0) + durationMs);
  return { wall, phases };
}

/** Containers on which etcd is installed, and nothing else is done. */
function installing(count: number): string {
  const home = join(directory, `of-${count}`);
  mkdirSync(join(home, 'config'), { recursive: true });
  mkdirSync(join(home, 'node_files'));
  const words = "import { defineMain, defineNode, nspawn } from 'shakedown';\nexport default";
  writeFileSync(
    join(home, 'config/main.config.ts'),
    `${words} defineMain({ nodes: nspawn({ count: ${count} }) });\n`,
  );
  writeFileSync(join(home, 'config/node.config.ts'), `${words} defineNode({ packages: ['etcd-server'] });\n`);
  return home;
}

const walls = (all: readonly Measured[]): number => median(all.map(({ wall }) => wall));
const phase = (all: readonly Measured[], name: string): number =>
  median(all.map(({ phases }) => phases.get(name) ?? 0));

try {
  const first: Measured[] = [];
  const second: Measured[] = [];
  const without: Measured[] = [];
  const alone: Measured[] = [];
  const together: Measured[] = [];
  const homes = [installing(1), installing(3)] as const;
  measure(root);
  for (let round = 0; round < rounds; round++) {
    first.push(measure(root, '--fresh'));
    second.push(measure(root));
    without.push(measure(root, '--set', 'cache=false'));
    alone.push(measure(homes[0], '--fresh'));
    together.push(measure(homes[1], '--fresh'));
  }
  const line = (name: string, all: readonly Measured[]) => {
    const parts = [...(all[0]?.phases.keys() ?? [])].map((each) => `${each} ${phase(all, each).toFixed(0)}`);
    console.log(`${name}: ${walls(all).toFixed(0)} ms (${parts.join(', ')})`);
  };
  line('first run', first);
  line('second run', second);
  line('without layers', without);
  tellRatio('a second run, from the layer, to the first', walls(second) / walls(first));
  console.log(`second/first ${(walls(second) / walls(first)).toFixed(2)}`);
  console.log(`second/without layers ${(walls(second) / walls(without)).toFixed(2)}`);
  console.log(`first/without layers ${(walls(first) / walls(without)).toFixed(2)}`);
  const look = phase(second, 'machines') - phase(without, 'machines');
  console.log(`machines, with the look for versions and the layer: ${look.toFixed(0)} ms more than without`);
  const ratio = phase(together, 'install') / phase(alone, 'install');
  tellRatio('install of three nodes to that of one', ratio);
  console.log(
    `install of one node ${phase(alone, 'install').toFixed(0)} ms, of three ${phase(together, 'install').toFixed(0)} ms: ${ratio.toFixed(2)}`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
