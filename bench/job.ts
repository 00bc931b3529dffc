// A whole job on machines that are up, beside the same as an expert writes it with OpenSSH and tar
// (bench/job/expert.sh): files and a template sent, nginx (installed before) restarted, asked from the
// main host, all brought home. `node bench/job.ts [nodes] [pairs]`, as root. Prints s of wall time and of
// this host's own processes' CPU, and ratios; where there is strace, also the programs that one run starts
// on a node.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrensTime } from './childrens-time.ts';
import { programsOn } from './job/programs-on.ts';
import { median } from './median.ts';

const [nodes = 10, pairs = 7] = process.argv.slice(2).map(Number);
const program = join(import.meta.dirname, '../bin/shakedown.mjs');
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

/** Seconds of wall time, and of CPU of the process and what it started on this host. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

function cost(action: () => unknown): Cost {
  const [from, before] = [performance.now(), childrensTime()];
  action();
  return { wall: (performance.now() - from) / 1000, cpu: (childrensTime() - before) / 1000 };
}

const packages = "{ packages: ['nginx-light'] }";
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

try {
  shakedown(machines, 'run', '--keep');
  const config = shakedown(machines, 'nodes', 'inventory', '--format', 'ssh-config');
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 });
  writeFileSync(join(folder, '.ssh/config'), config);
  const byHand = join(folder, 'by-hand');
  cpSync(join(job, 'node_files'), join(byHand, 'node_files'), { recursive: true });
  writeFileSync(join(byHand, 'ssh_config'), config);
  const addresses = [...config.matchAll(/HostName (\S+)/g)].map(([, address]) => address);
  writeFileSync(join(byHand, 'addresses'), `${addresses.join('\n')}\n`);
  const expert = () => run(byHand, join(import.meta.dirname, 'job/expert.sh'), byHand, `${nodes}`);
  const ours = () => shakedown(job, 'run');
  // The first one sends the runtime to each machine.
  ours();
  expert();
  const [mine, theirs]: [Cost[], Cost[]] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    mine.push(cost(ours));
    theirs.push(cost(expert));
  }
  for (const kind of ['wall', 'cpu'] as const) {
    const [a, b] = [median(mine.map((one) => one[kind])), median(theirs.map((one) => one[kind]))];
    const ratios = mine.map((one, pair) => one[kind] / (theirs[pair]?.[kind] ?? Number.NaN));
    console.log(
      `${kind}, ${nodes} nodes, medians of ${pairs}: ours ${a.toFixed(2)} s, by hand ${b.toFixed(2)} s; ratio ${median(ratios).toFixed(2)}`,
    );
  }
  const record = JSON.parse(readFileSync(join(job, '.shakedown/runs/latest/run.json'), 'utf8'));
  const phases: readonly { phase: string; node?: number; durationMs: number }[] = record.phases;
  const whole = phases.filter(({ node }) => node === undefined);
  const { id } = JSON.parse(readFileSync(join(machines, '.shakedown/cluster.json'), 'utf8')).cluster;
  if (spawnSync('strace', ['-V']).status === 0) {
    const [a, b] = [await programsOn(id, 0, ours), await programsOn(id, 0, expert)];
    console.log(`programs on node 0: ours ${a.length}, by hand ${b.length}`);
    if (process.env.VERBOSE) console.log(a.join('\n'));
  }
  console.log(`the last one: ${whole.map((one) => `${one.phase} ${one.durationMs} ms`).join(', ')}`);
} finally {
  spawnSync(process.execPath, [program, 'down'], { cwd: machines, stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
}
