// One command on many machines that are up: `node bench/fan-out.ts [machines] [rounds]`, as root. Cold is a
// new process, `shakedown exec all`, beside an ssh for each machine side by side, none of which shares a
// connection. Kept is the same in a process that holds the cluster open (`openCluster`), beside an ssh for
// each machine over connections that are open (ssh_config(5), ControlMaster): what the whole takes, divided
// by the machines. Prints wall times, and CPU times here and on the machines.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCluster } from '../main/index.ts';
import { clusterTime } from './job/cluster-time.ts';
import { childrensTime } from './measure/childrens-time.ts';
import { median } from './measure/median.ts';
import { program } from './measure/package-program.ts';
import { tellRatio } from './measure/tell-ratio.ts';

const [count = 10, rounds = 7] = process.argv.slice(2).map(Number);

const folder = mkdtempSync(join(tmpdir(), 'bench-fan-out-'));
const config = join(folder, 'ssh_config');

function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

const shakedown = (...args: readonly string[]): string => run(process.execPath, program, ...args);

/** ms: on the wall, of the processor in what was started here, and on the machines. */
interface Cost {
  readonly wall: number;
  readonly here: number;
  readonly nodes: number;
}

type Action = () => unknown;

/**
 * Takes both in turns, so that a busy moment of the machine falls on both; all
 * that is told is divided by `share`.
 */
async function compare(
  what: string,
  cluster: string,
  ours: Action,
  theirs: Action,
  share = 1,
): Promise<Compared> {
  const own = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000 + childrensTime();
  const cost = async (action: Action): Promise<Cost> => {
    const [from, here, nodes] = [performance.now(), own(), clusterTime(cluster)];
    await action();
    const wall = performance.now() - from;
    return {
      wall: wall / share,
      here: (own() - here) / share,
      nodes: (clusterTime(cluster) - nodes) / share,
    };
  };
  const pairs: (readonly [Cost, Cost])[] = [];
  for (let pair = 0; pair < rounds; pair++) pairs.push([await cost(ours), await cost(theirs)]);
  const of = (side: 0 | 1, kind: keyof Cost) => median(pairs.map((pair) => pair[side][kind]));
  const words = (side: 0 | 1) =>
    `${of(side, 'wall').toFixed(1)} ms (CPU ${of(side, 'here').toFixed(1)} here, ${of(side, 'nodes').toFixed(1)} on the machines)`;
  const ratio = (kinds: readonly (keyof Cost)[]) =>
    median(pairs.map(([mine, other]) => sum(mine, kinds) / sum(other, kinds)));
  const [wall, cpu] = [ratio(['wall']), ratio(['here', 'nodes'])];
  console.log(
    `${what}: ours ${words(0)}, OpenSSH ${words(1)}; ratio ${wall.toFixed(2)}, of CPU ${cpu.toFixed(2)}`,
  );
  return { wall, cpu };
}

/** Ours to OpenSSH's. */
interface Compared {
  readonly wall: number;
  readonly cpu: number;
}

const sum = (cost: Cost, kinds: readonly (keyof Cost)[]): number =>
  kinds.reduce((total, kind) => total + cost[kind], 0);

const hosts = Array.from({ length: count }, (_, index) => `node${index}`);
const ssh = (host: string, ...more: string[]) => ['ssh', '-F', config, ...more, host, 'true'].join(' ');
const allAtOnce = (...more: string[]): string =>
  `pids=; ${hosts.map((host) => `${ssh(host, ...more)} & pids="$pids $!"; `).join('')}for pid in $pids; do wait $pid || exit; done`;

async function kept(cluster: string): Promise<Compared> {
  const masters = ['-S', join(folder, 'master-%n')];
  for (const host of hosts) run('ssh', '-F', config, ...masters, '-M', '-f', '-N', host);
  await using open = await openCluster(folder, { until: 'connect', reuse: true, directory: folder });
  const ours = () => Promise.all(open.nodes.map((node) => node.exec('true')));
  const theirs = () => run('sh', '-c', allAtOnce(...masters));
  const compared = await compare(`kept, each of ${count}`, cluster, ours, theirs, count);
  for (const host of hosts) run('ssh', '-F', config, ...masters, '-O', 'exit', host);
  return compared;
}

try {
  mkdirSync(join(folder, 'config'));
  const words = "import { defineMain, nspawn } from 'shakedown';\n";
  writeFileSync(
    join(folder, 'config/main.config.ts'),
    `${words}export default defineMain({ nodes: nspawn({ count: ${count} }) });\n`,
  );
  writeFileSync(
    join(folder, 'config/node.config.ts'),
    "import { defineNode } from 'shakedown';\nexport default defineNode({});\n",
  );
  shakedown('nodes', 'up');
  writeFileSync(config, shakedown('nodes', 'inventory', '--format', 'ssh-config'));
  const { id } = JSON.parse(readFileSync(join(folder, '.shakedown/cluster.json'), 'utf8')).cluster;
  const exec = (nodes: string) => () => shakedown('exec', nodes, '--', 'true');
  await compare('one machine, cold', id, exec('0'), () => run('sh', '-c', ssh('node0')));
  const cold = await compare(`${count} machines, cold`, id, exec('all'), () => run('sh', '-c', allAtOnce()));
  tellRatio('a command on ten machines, cold, to parallel OpenSSH', cold.wall);
  tellRatio('a command on ten machines, cold, to parallel OpenSSH, CPU', cold.cpu);
  tellRatio('a command over kept connections to OpenSSH over kept ones', (await kept(id)).wall);
} finally {
  spawnSync(process.execPath, [program, 'down'], { cwd: folder, stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
}
