// Runs the programs of `programs.ts` one after another and prints what they measured as a table:
//   npm run bench [-- WORD…]          those whose command has one of the words; all of them without
//   npm run bench -- --check [WORD…]  fails where a measure is more than 25 % above what is recorded of it
//   npm run bench -- --record [WORD…] writes what was measured into recorded.json and README.md
// What they are measured beside is installed from Debian's packages where it is missing, by root.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, type Records, type Row, table } from './compare.ts';
import { goals, withGoals } from './goals.ts';
import { type BenchProgram, programs } from './programs.ts';

const root = join(import.meta.dirname, '../..');
const recordFile = join(import.meta.dirname, 'recorded.json');
const readme = join(import.meta.dirname, '../README.md');
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = flags.filter((flag) => !['--check', '--record'].includes(flag));
const chosen = programs.filter(
  ({ command }) => words.length === 0 || words.some((word) => command.join(' ').includes(word)),
);
if (unknown.length > 0 || chosen.length === 0) {
  console.error(
    unknown.length > 0
      ? `there is no ${unknown[0]}: --check, --record`
      : `no program has ${words.join(', ')}`,
  );
  process.exit(2);
}

function install(peers: readonly string[]): void {
  const missing = peers.filter((peer) => spawnSync('dpkg', ['-s', peer], { stdio: 'ignore' }).status !== 0);
  if (missing.length === 0) return;
  console.log(`installing ${missing.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', ['install', '-y', '-qq', ...missing], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
  if (status !== 0)
    console.error(`${missing.join(', ')} could not be installed: what needs them is not measured`);
}

/** What a program measured, by name. */
function measure({ command, peers, minutes, root: needsRoot }: BenchProgram): ReadonlyMap<string, number> {
  if (needsRoot && process.getuid?.() !== 0) {
    console.error(`${command.join(' ')} needs root, and is left out`);
    return new Map();
  }
  install(peers);
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-bench-'));
  const told = join(folder, 'ratios');
  writeFileSync(told, '');
  console.log(`\n$ node ${command.join(' ')}`);
  try {
    const env = { ...process.env, SHAKEDOWN_BENCH_RATIOS: told };
    const how = { cwd: root, env, timeout: minutes * 60_000, stdio: 'inherit' } as const;
    const { status, error } = spawnSync(process.execPath, command, how);
    if (status !== 0) console.error(`it ended with ${status ?? error?.message}`);
    const lines = readFileSync(told, 'utf8').split('\n').filter(Boolean);
    return new Map(lines.map((line) => JSON.parse(line)).map(({ name, value }) => [name, value]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function record(rows: readonly Row[], program: BenchProgram): Records {
  const machine = `${availableParallelism()} cores (${arch()}), Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(0)}`;
  const date = new Date().toISOString().slice(0, 10);
  const command = `node ${program.command.join(' ')}`;
  return Object.fromEntries(
    rows.flatMap(({ name, measured }) =>
      measured === undefined ? [] : [[name, { value: Number(measured.toFixed(2)), date, machine, command }]],
    ),
  );
}

const records: Records = JSON.parse(readFileSync(recordFile, 'utf8'));
let recorded = records;
const rows: Row[] = [];
for (const program of chosen) {
  const own = compare(program.measures, measure(program), records);
  rows.push(...own);
  recorded = { ...recorded, ...record(own, program) };
}
console.log(`\n${table(rows)}`);
if (flags.includes('--record')) {
  writeFileSync(recordFile, `${JSON.stringify(recorded, undefined, 2)}\n`);
  const all = programs.flatMap(({ measures }) => measures);
  writeFileSync(readme, withGoals(readFileSync(readme, 'utf8'), goals(all, recorded)));
}
const bad = rows.filter(({ verdict }) => verdict === 'worse' || verdict === 'not measured');
if (flags.includes('--check') && bad.length > 0) {
  for (const { name, verdict, measured, recorded: was } of bad)
    console.error(
      `${verdict}: ${name}${measured && was ? `, ${measured.toFixed(2)} where it was ${was.value}` : ''}`,
    );
  process.exit(1);
}
