// The first connect of machines that exist and have no runtime yet: ssh, the runtime and the agent
// brought, the agent's greeting, on all of them side by side; beside scp of the runtime to all of them
// side by side. `node bench/first-connect.ts [machines] [rounds] [Mbit]`, as root. With `Mbit` the main
// host is in a network of its own, from which no more than that leaves (tc-tbf(8)), and scp sends the
// runtime as packed by zstd. Prints medians.
import { arch } from 'node:os';
import { execa } from 'execa';
import { packedFile } from '../main/agent/packed-file.ts';
import { type Architecture, nodeRuntime } from '../main/agent/runtime.ts';
import { farMainHost } from './first-connect/far-main-host.ts';
import type { Round, Times } from './first-connect/rounds.ts';
import { median } from './measure/median.ts';
import { tellRatio } from './measure/tell-ratio.ts';
import { ctx, severalMachines } from './spawn/ours.ts';

const [count = 10, rounds = 3, mbit] = process.argv.slice(2).map(Number);

await using made = await severalMachines('nspawn', count);
const runtime = await nodeRuntime(arch() as Architecture, ctx.cacheDir);
const file = mbit === undefined ? runtime.file : await packedFile(runtime.file, runtime.directory, 'zstd');
await using place = mbit === undefined ? undefined : await farMainHost(mbit, made.cluster.id);
const measure = [`${import.meta.dirname}/first-connect/rounds.ts`, `${rounds}`, file, made.cluster.id];
const [program = '', ...args] = [...(place?.within ?? []), process.execPath, ...measure];
const targets = made.cluster.machines.map(({ address, ssh }) => ({ address, ssh }));
const { stdout } = await execa(program, args, { input: JSON.stringify(targets), stderr: 'inherit' });
const measured: Round[] = JSON.parse(stdout);
const middle = (whose: keyof Round, what: keyof Times): number =>
  median(measured.map((round) => round[whose][what]));
const words = (whose: keyof Round): string =>
  `${middle(whose, 'wall').toFixed(1)} s (CPU ${middle(whose, 'here').toFixed(1)} s here, ${middle(whose, 'nodes').toFixed(1)} s on the nodes)`;
const ratio = middle('ours', 'wall') / middle('theirs', 'wall');
console.log(
  `first connect of ${count} machines: ${words('ours')}, scp ${words('theirs')}, ratio ${ratio.toFixed(2)}`,
);
const how = mbit === undefined ? ' to scp of the runtime' : ` by ${mbit} Mbit/s to scp`;
if (count === 10) tellRatio(`a first connect of ten machines${how}`, ratio);
