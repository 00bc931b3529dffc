// A whole job on machines that are up, beside the same as an expert writes it with OpenSSH and tar
// (bench/job/expert.sh): files and a template sent, nginx (installed before) restarted, asked from
// the main host, all brought home. `node bench/job.ts [nodes] [pairs]`, as root. Prints s of wall
// time, of this host's own processes' CPU and of the nodes' CPU, and ratios; where there is Ansible, also
// those to its playbook (bench/job/playbook.yml), in the first pairs alone, for it takes long; where there
// is strace, also the programs that one run starts on a node.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ansibleJob, hasAnsible } from './job/ansible.ts';
import { clusterTime } from './job/cluster-time.ts';
import { programsOn } from './job/programs-on.ts';
import { childrensTime } from './measure/childrens-time.ts';
import { median } from './measure/median.ts';
import { program } from './measure/package-program.ts';
import { tellRatio } from './measure/tell-ratio.ts';

const [nodes = 10, pairs = 7] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'shakedown-bench-'));

function run(cwd: string, command: string, ...args: readonly string[]): string {
  const env = { ...process.env, HOME: folder };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

const shakedown = (cwd: string, ...args: readonly string[]) => run(cwd, process.execPath, program, ...args);

function scenario(name: string, main: string, node: string): string {
  const home = join(folder, name);
  mkdirSync(join(home, 'config'), { recursive: true });
  mkdirSync(join(home, 'node_files'));
  const words = "import { defineMain, defineNode, http, nspawn, ssh } from 'shakedown';\n";
  writeFileSync(join(home, 'config/main.config.ts'), `${words}export default defineMain(${main});\n`);
  writeFileSync(join(home, 'config/node.config.ts'), `${words}export default defineNode(${node});\n`);
  for (let file = 0; file < 50; file++)
    writeFileSync(join(home, `node_files/f${file}`), randomBytes(3750).toString('base64'));
  writeFileSync(join(home, 'node_files/index.html.tmpl'), 'node <{ node_id }>\n');
  return home;
}

/** Seconds of wall time, and of CPU of the process and what it started on this host, and of the nodes. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
  readonly nodes: number;
}

function cost(cluster: string, action: () => unknown): Cost {
  const [from, before, nodes] = [performance.now(), childrensTime(), clusterTime(cluster)];
  action();
  const wall = performance.now() - from;
  const cpu = childrensTime() - before;
  return { wall: wall / 1000, cpu: cpu / 1000, nodes: (clusterTime(cluster) - nodes) / 1000 };
}

// Ansible needs Python on the nodes.
const withAnsible = hasAnsible();
const packages = `{ packages: ['nginx-light'${withAnsible ? ", 'python3-apt'" : ''}] }`;
const machines = scenario('machines', `{ nodes: nspawn({ count: ${nodes} }) }`, packages);
const job = scenario(
  'job',
  `{ nodes: ssh(['node[0-${nodes - 1}]']), checks: [http({ name: 'serves', url: ':80/' })] }`,
  `{
    packages: ['nginx-light'],
    place: [{ from: 'index.html', to: '/var/www/html/index.html' }],
    collect: ['/var/log/nginx/*.log'],
    services: [{ name: 'nginx', unit: 'nginx', ready: { tcp: 80 } }],
  }`,
);

const words = { wall: 'wall', cpu: 'CPU here', nodes: 'CPU on the nodes' } as const;

try {
  shakedown(machines, 'run', '--keep');
  // By default systemd starts a service five times in ten seconds, and no more (systemd.unit(5)).
  const unlimited =
    'cd /etc/systemd/system; mkdir nginx.service.d; printf "[Unit]\\nStartLimitIntervalSec=0\\n" >nginx.service.d/often.conf; systemctl daemon-reload';
  shakedown(machines, 'exec', 'all', '--', 'sh', '-c', unlimited);
  const config = shakedown(machines, 'nodes', 'inventory', '--format', 'ssh-config');
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 });
  writeFileSync(join(folder, '.ssh/config'), config);
  const byHand = join(folder, 'by-hand');
  cpSync(join(job, 'node_files'), join(byHand, 'node_files'), { recursive: true });
  writeFileSync(join(byHand, 'ssh_config'), config);
  const addresses = [...config.matchAll(/HostName (\S+)/g)].map(([, address = '']) => address);
  writeFileSync(join(byHand, 'addresses'), `${addresses.join('\n')}\n`);
  const expert = () => run(byHand, join(import.meta.dirname, 'job/expert.sh'), byHand, `${nodes}`);
  const ours = () => shakedown(job, 'run');
  const { id } = JSON.parse(readFileSync(join(machines, '.shakedown/cluster.json'), 'utf8')).cluster;
  // The first one sends the runtime to each machine.
  ours();
  expert();
  const [mine, theirs]: [Cost[], Cost[]] = [[], []];
  const ansibles: Cost[] = [];
  const named = addresses.map((address, node) => [`node${node}`, address] as const);
  const sshConfig = join(byHand, 'ssh_config');
  const playbook = ansibleJob(join(folder, 'ansible'), join(job, 'node_files'), sshConfig, named);
  for (let pair = 0; pair < pairs; pair++) {
    mine.push(cost(id, ours));
    theirs.push(cost(id, expert));
    if (withAnsible && pair < 2)
      ansibles.push(cost(id, () => run(join(folder, 'ansible'), 'ansible-playbook', ...playbook)));
  }
  for (const kind of ['wall', 'cpu', 'nodes'] as const) {
    const [a, b] = [median(mine.map((one) => one[kind])), median(theirs.map((one) => one[kind]))];
    const ratios = mine.map((one, pair) => one[kind] / (theirs[pair]?.[kind] ?? Number.NaN));
    tellRatio(`a job to the expert's script, ${words[kind]}`, median(ratios));
    console.log(
      `${kind}, ${nodes} nodes, medians of ${pairs}: ours ${a.toFixed(2)} s, by hand ${b.toFixed(2)} s; ratio ${median(ratios).toFixed(2)}`,
    );
  }
  if (ansibles.length > 0) {
    const ratio = median(ansibles.map(({ wall }, pair) => (mine[pair]?.wall ?? Number.NaN) / wall));
    tellRatio('a job to Ansible, wall', ratio);
    const [wall, cpu, onNodes] = (['wall', 'cpu', 'nodes'] as const).map((kind) =>
      median(ansibles.map((one) => one[kind])).toFixed(2),
    );
    console.log(
      `Ansible, ${ansibles.length} times: wall ${wall} s, CPU here ${cpu} s, CPU on the nodes ${onNodes} s; wall of ours to it ${ratio.toFixed(3)}`,
    );
  }
  const record = JSON.parse(readFileSync(join(job, '.shakedown/runs/latest/run.json'), 'utf8'));
  const phases: readonly { phase: string; node?: number; durationMs: number }[] = record.phases;
  const whole = phases.filter(({ node }) => node === undefined);
  if (spawnSync('strace', ['-V']).status === 0) {
    const [a, b] = [await programsOn(id, 0, ours), await programsOn(id, 0, expert)];
    tellRatio('programs that a job starts on a node', a.length);
    console.log(`programs on node 0: ours ${a.length}, by hand ${b.length}`);
    if (process.env.VERBOSE) console.log(a.join('\n'));
  }
  console.log(`the last one: ${whole.map((one) => `${one.phase} ${one.durationMs} ms`).join(', ')}`);
} finally {
  spawnSync(process.execPath, [program, 'down'], { cwd: machines, stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
}
