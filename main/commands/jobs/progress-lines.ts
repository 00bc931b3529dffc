import type { Progress } from '../../jobs/progress.ts';
import type { SuiteProgress } from '../../jobs/suite-progress.ts';
import { duration } from '../../report/words.ts';

/** How far the newest attempt of a job came, in lines; none where it told nothing. */
export function progressLines({ phases, nodes, checks, failures, suite }: Progress): readonly string[] {
  const said = (all: Progress['phases']) =>
    all.map(({ phase, state, durationMs }) => `${phase} ${state}${took(durationMs)}`).join(', ');
  return [
    ...(phases.length > 0 ? [`phases: ${said(phases)}`] : []),
    ...nodes.map(({ id, name, address, phases: own }) => {
      const which = `node ${id}${name ? ` (${[name, address].filter(Boolean).join(' at ')})` : ''}`;
      return `${which}: ${said(own) || 'known'}`;
    }),
    ...(suite ? [] : checks).map(
      ({ name, state, durationMs, message }) =>
        `check ${state}: ${name}${took(durationMs)}${message === undefined ? '' : `: ${message}`}`,
    ),
    ...(suite ? suiteLines(suite) : []),
    ...failures.map((message, index) => `${index === 0 ? 'first cause' : 'failure'}: ${message}`),
  ];
}

const took = (durationMs: number | null): string => (durationMs === null ? '' : ` (${duration(durationMs)})`);

const suiteLines = ({ settled, files, runners, failed }: SuiteProgress): readonly string[] => [
  `test files: ${settled} of ${files}${failed.length > 0 ? `, ${failed.length} failed` : ''}`,
  ...runners.flatMap(({ runner, node, files: own }) =>
    own.length === 0 ? [] : [`runner ${runner} on ${node}: ${own.join(' ')}`],
  ),
  ...failed.map(
    ({ file, verdict, message }) => `${verdict}: ${file}${message === undefined ? '' : `: ${message}`}`,
  ),
];
