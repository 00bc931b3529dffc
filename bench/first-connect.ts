// The first connect of machines that exist and have no runtime yet: ssh, the runtime and the agent sent, the
// agent's greeting, on all of them side by side; beside scp of the runtime to all of them side by side.
// `node bench/first-connect.ts [machines] [rounds] [Mbit]`, as root. With `Mbit` the main host's way to the
// machines has no more than that (tc-tbf(8)). Prints medians in s.
import { mkdtempSync, rmSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Architecture, nodeRuntime } from '../main/agent/runtime.ts';
import { startAgent } from '../main/agent/start-agent.ts';
import { connectSsh } from '../main/remotes/ssh-remote.ts';
import { median } from './median.ts';
import { openSsh } from './spawn/by-hand.ts';
import { ctx, severalMachines, type Target } from './spawn/ours.ts';
import { tellRatio } from './tell-ratio.ts';

const [count = 10, rounds = 3, mbit] = process.argv.slice(2).map(Number);
const directory = mkdtempSync(join(tmpdir(), 'bench-first-connect-'));
const listener = { log: () => undefined, progress: () => undefined };

async function firstConnect(target: Target, nodeCache: string): Promise<void> {
  const { cacheDir, signal, log } = ctx;
  await using remote = await connectSsh(target, { signal, timeout: 120 });
  const agent = await startAgent(remote, { cacheDir, runId: 'bench', listener, signal, log, nodeCache });
  await agent[Symbol.asyncDispose]();
  await remote.exec(['rm', '-r', nodeCache]);
}

async function scp(target: Target, file: string): Promise<void> {
  // Each has its own known hosts.
  const words = openSsh(target, mkdtempSync(join(directory, 'scp-')));
  const flags = words.slice(0, -1).map((word) => (word === '-p' ? '-P' : word));
  await execa('scp', ['-q', ...flags, file, `${words.at(-1)}:/var/tmp/runtime`]);
}

async function seconds(action: (target: Target) => Promise<void>): Promise<number> {
  const from = performance.now();
  await Promise.all(cluster.machines.map(({ ssh }) => action(ssh)));
  return (performance.now() - from) / 1000;
}

await using made = await severalMachines('nspawn', count);
const { cluster } = made;
try {
  const { file } = await nodeRuntime(arch() as Architecture, ctx.cacheDir);
  if (mbit !== undefined) {
    const { stdout } = await execa('ip', ['-o', 'route', 'get', cluster.machines[0]?.address ?? '']);
    const bridge = / dev (\S+)/.exec(stdout)?.[1] ?? '';
    const limit = ['rate', `${mbit}mbit`, 'burst', '256k', 'latency', '100ms'];
    await execa('tc', ['qdisc', 'add', 'dev', bridge, 'root', 'tbf', ...limit]);
  }
  const [ours, theirs]: [number[], number[]] = [[], []];
  // In turns, so that a busy moment of the machine falls on both.
  for (let round = 0; round < rounds; round++) {
    ours.push(await seconds((target) => firstConnect(target, `/var/lib/first-connect-${round}`)));
    theirs.push(await seconds((target) => scp(target, file)));
  }
  const ratio = median(ours) / median(theirs);
  const words = [median(ours), median(theirs)].map((value) => value.toFixed(1));
  console.log(
    `first connect of ${count} machines: ${words[0]} s, scp ${words[1]} s, ratio ${ratio.toFixed(2)}`,
  );
  if (mbit === undefined) tellRatio('a first connect to scp of the runtime', ratio);
} finally {
  rmSync(directory, { recursive: true });
}
