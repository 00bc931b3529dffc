// How the main process of a distribution scales: `node bench/distribute/scale.ts [history.json]`. Its nodes
// are simulated: their processes take the time that was recorded, print something and leave a report; all
// else is as ever. Durations are those of a project's history, or of a heavy tail. CPU time of
// the main process for each file, while tests run and for the reports after them, and its memory.
import { join } from 'node:path';
import { execa } from 'execa';

const sizes: readonly (readonly [runners: number, files: number])[] = [
  [50, 1000],
  [250, 5000],
  [1000, 20_000],
  [1000, 50_000],
];

const program = join(import.meta.dirname, 'scale/one-size.ts');
const MB = 2 ** 20;

const row = (columns: readonly (string | number)[]) =>
  console.log(columns.map((column) => String(column).padStart(12)).join(''));

row([
  'runners',
  'files',
  'processes',
  'to best',
  'ms: tests',
  'ms: reports',
  'of a core',
  'MB: tests',
  'MB: all',
]);
for (const [runners, files] of sizes) {
  const args = ['--conditions=shakedown-source', program, `${runners}`, `${files}`];
  const { stdout } = await execa(process.execPath, [...args, ...process.argv.slice(2, 3)], {
    stderr: 'inherit',
  });
  const one = JSON.parse(stdout);
  row([
    ...[runners, files, one.processes, (one.makespanMs / one.bestMs).toFixed(2)],
    // For each file.
    ...[(one.cpuOfTests / files).toFixed(2), (one.cpuOfReports / files).toFixed(2)],
    `${Math.round((100 * one.cpuOfTests) / one.testsEnd)} %`,
    Math.round((one.memoryOfTests - one.memoryBefore) / MB),
    Math.round((one.memoryMost - one.memoryBefore) / MB),
  ]);
}
