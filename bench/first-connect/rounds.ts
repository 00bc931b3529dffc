// The rounds of `first-connect.ts`, in a process of their own: that is the main host, wherever it
// is. Takes the machines as JSON on stdin, and as arguments how many rounds, the file for scp and
// the cluster's id; prints a list of rounds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { execa } from 'execa';
import { HandOn } from '../../main/agent/hand-on/hand-on.ts';
import { startAgent } from '../../main/agent/start-agent.ts';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import { clusterTime } from '../job/cluster-time.ts';
import { childrensTime } from '../measure/childrens-time.ts';
import { openSsh } from '../spawn/by-hand.ts';
import { ctx, type Target } from '../spawn/ours.ts';

/** Seconds: on the wall, and of the processor on the main host and on all machines together. */
export interface Times {
  readonly wall: number;
  readonly here: number;
  readonly nodes: number;
}

export interface Round {
  readonly ours: Times;
  readonly theirs: Times;
}

interface Machine {
  readonly address: string;
  readonly ssh: Target;
}

const [rounds = '1', file = '', cluster = ''] = process.argv.slice(2);
const machines = (await json(process.stdin)) as Machine[];
const directory = mkdtempSync(join(tmpdir(), 'bench-first-connect-'));
const told = process.env.BENCH_LOG === undefined ? () => undefined : console.error;

async function firstConnect(
  { address, ssh }: Machine,
  handOn: HandOn,
  nodeCache: string,
): Promise<() => Promise<void>> {
  const { cacheDir, signal } = ctx;
  const remote = await connectSsh(ssh, { signal, timeout: 120 });
  const log = (line: string) => told(`${address}: ${line}`);
  const listener = { log, progress: log };
  const agent = await startAgent(remote, {
    ...{ cacheDir, runId: 'bench', listener, signal, log, nodeCache, handOn, address },
  });
  return async () => {
    await agent[Symbol.asyncDispose]();
    await remote.exec(['rm', '-r', nodeCache]);
    await remote[Symbol.asyncDispose]();
  };
}

async function scp({ ssh }: Machine): Promise<void> {
  // Each has its own known hosts.
  const words = openSsh(ssh, mkdtempSync(join(directory, 'scp-')));
  const flags = words.slice(0, -1).map((word) => (word === '-p' ? '-P' : word));
  await execa('scp', ['-q', ...flags, file, `${words.at(-1)}:/var/tmp/runtime`]);
}

/** How long something took all machines side by side, and what it gave. */
async function timed<T>(action: (machine: Machine) => Promise<T>): Promise<{ times: Times; results: T[] }> {
  const own = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6 + childrensTime() / 1000;
  const [from, here, nodes] = [performance.now(), own(), clusterTime(cluster)];
  const results = await Promise.all(machines.map(action));
  const wall = (performance.now() - from) / 1000;
  return { times: { wall, here: own() - here, nodes: (clusterTime(cluster) - nodes) / 1000 }, results };
}

async function round(number: number): Promise<Round> {
  const handOn = new HandOn();
  const ours = await timed((each) => firstConnect(each, handOn, `/var/lib/first-connect-${number}`));
  await Promise.all(ours.results.map((close) => close()));
  const theirs = await timed(scp);
  return { ours: ours.times, theirs: theirs.times };
}

try {
  const measured: Round[] = [];
  // In turns, so that a busy moment of the machine falls on both.
  for (let number = 0; number < Number(rounds); number++) measured.push(await round(number));
  process.stdout.write(JSON.stringify(measured));
} finally {
  rmSync(directory, { recursive: true });
}
