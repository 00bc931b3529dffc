import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A test file: how long each of its tests waits, in ms. */
export type SuiteFile = readonly number[];

/** Waiting in place of work: what else runs on the machine then changes nothing of what a schedule can be. */
export const suites: Readonly<Record<string, readonly SuiteFile[]>> = {
  /** As long as all others together. */
  long: [Array<number>(6).fill(1000), ...Array<SuiteFile>(60).fill([100])],
  /** Few of the files take most of the time: Pareto's distribution, of which the mean is thrice the least. */
  tail: Array.from({ length: 100 }, (_, index) => [Math.round(70 / ((index + 0.5) / 100) ** (1 / 1.5))]),
  tiny: Array<SuiteFile>(2000).fill([0]),
};

/** Names say nothing of the times: a framework that goes by them has them in no order. */
export function writeSuite(project: string, files: readonly SuiteFile[]): void {
  mkdirSync(join(project, 'tests'), { recursive: true });
  writeFileSync(join(project, '.gitignore'), '__pycache__\n');
  for (const [index, tests] of files.entries()) {
    const bodies = tests.map((ms, test) =>
      ms === 0
        ? `def test_${test}():\n    assert ${test} + 1 == ${test + 1}\n`
        : `def test_${test}():\n    time.sleep(${ms / 1000})\n`,
    );
    const name = `test_${String((index * 7919) % 100_003).padStart(6, '0')}.py`;
    writeFileSync(join(project, 'tests', name), `import time\n\n\n${bodies.join('\n\n')}`);
  }
}
