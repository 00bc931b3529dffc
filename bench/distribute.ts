// A project's test files over two runners, beside pytest-xdist with two workers: `node
// bench/distribute.ts [pairs] [suite…]`. One run of ours and one each of `--dist worksteal` and `--dist
// load` in turns. Wall times of the whole commands, and how far the tests themselves are from the best
// schedule for what they took; medians; `ms/file`: what runners did beside their
// files, for each. A suite's first run, which knows no times, is measured apart.
// Needs Debian's python3-pytest; pytest-xdist is fetched from its mirror.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suites, writeSuite } from './distribute/suites.ts';
import { unpackXdist } from './distribute/xdist.ts';
import { median } from './measure/median.ts';
import { program } from './measure/package-program.ts';
import { tellRatio } from './measure/tell-ratio.ts';

const [pairs = '7', ...wanted] = process.argv.slice(2);
const workers = 2;
const pytest = ['/usr/bin/python3', '-m', 'pytest', '-q', '-p', 'no:cacheprovider'];

interface Schedule {
  readonly wallMs: number;
  readonly bestMs: number;
  readonly boundMs: number;
}

/** ms that a command took. */
function timed(
  [file = '', ...args]: readonly string[],
  cwd: string,
  env = process.env,
): { readonly ms: number; readonly stdout: string } {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, env, encoding: 'utf8', maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: exit ${status}\n${stdout}\n${stderr}`);
  return { ms: performance.now() - begin, stdout };
}

function ours(project: string): {
  readonly ms: number;
  readonly schedule: Schedule;
  readonly testsMs: number;
} {
  const words = [
    'distribute',
    '--json',
    '--local-runners',
    `${workers}`,
    'tests/*.py',
    '--',
    ...pytest,
    '{files}',
  ];
  const { ms, stdout } = timed([process.execPath, program, ...words], project);
  const { schedule, testsMs } = JSON.parse(stdout) as {
    readonly schedule: Schedule;
    readonly testsMs: number;
  };
  return { ms, schedule, testsMs };
}

const peer = mkdtempSync(join(tmpdir(), 'bench-xdist-'));
process.on('exit', () => rmSync(peer, { recursive: true, force: true }));
const withXdist = { ...process.env, PYTHONPATH: await unpackXdist(peer) };

const xdist = (project: string, dist: string): number =>
  timed([...pytest, '-n', `${workers}`, '--dist', dist, 'tests'], project, withXdist).ms;

const load = (): string => readFileSync('/proc/loadavg', 'utf8').split(' ')[0] ?? '';

const show = (name: string, ...values: readonly (string | number)[]): void =>
  console.log([name.padEnd(28), ...values.map((value) => String(value).padStart(10))].join(' '));

for (const [name, files] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const project = mkdtempSync(join(tmpdir(), 'bench-distribute-'));
  try {
    writeSuite(project, files);
    // It is sent, its modules are compiled, and it has no history.
    ours(project);
    const history = join(project, '.shakedown/distribute/history.json');
    const runs = Array.from({ length: Number(pairs) }, () => {
      rmSync(history, { force: true });
      const [first, worksteal, known, loadfirst] = [
        ours(project),
        xdist(project, 'worksteal'),
        ours(project),
        xdist(project, 'load'),
      ];
      return { first, known, worksteal, load: loadfirst };
    });
    console.log(`${name}: ${files.length} files, ${workers} workers, ${pairs} pairs, load ${load()}`);
    const over = (run: { readonly schedule: Schedule }) => run.schedule.wallMs / run.schedule.bestMs;
    const beside = (run: { readonly schedule: Schedule; readonly testsMs: number }) =>
      (run.schedule.wallMs * workers - run.testsMs) / files.length;
    show('', 'ms', 'to best', 'ms/file', '/worksteal', '/load');
    for (const each of ['first', 'known'] as const) {
      const mid = (of: (run: (typeof runs)[number]) => number) => median(runs.map(of));
      const what = each === 'first' ? 'first run' : 'times known';
      const ratios = {
        'the best schedule': mid((run) => over(run[each])),
        worksteal: mid((run) => run[each].ms / run.worksteal),
        load: mid((run) => run[each].ms / run.load),
      };
      for (const [other, ratio] of Object.entries(ratios))
        tellRatio(`${name} suite, ${what}, to ${other}`, ratio);
      show(
        `  ours, ${what}`,
        Math.round(mid((run) => run[each].ms)),
        ratios['the best schedule'].toFixed(3),
        mid((run) => beside(run[each])).toFixed(2),
        ratios.worksteal.toFixed(2),
        ratios.load.toFixed(2),
      );
    }
    show('  xdist, worksteal', Math.round(median(runs.map(({ worksteal }) => worksteal))));
    show('  xdist, load', Math.round(median(runs.map((run) => run.load))));
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}
