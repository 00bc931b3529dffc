import type { Progress } from '../../jobs/progress.ts';
import { duration } from '../../report/words.ts';

/** How far the newest attempt of a job came, in lines; none where it told nothing. */
export function progressLines({ phases, nodes, checks, failures }: Progress): readonly string[] {
  const said = (all: Progress['phases']) =>
    all.map(({ phase, state, durationMs }) => `${phase} ${state}${took(durationMs)}`).join(', ');
  return [
    ...(phases.length > 0 ? [`phases: ${said(phases)}`] : []),
    ...nodes.map(({ id, name, address, phases: own }) => {
      const which = `node ${id}${name ? ` (${[name, address].filter(Boolean).join(' at ')})` : ''}`;
      return `${which}: ${said(own) || 'known'}`;
    }),
    ...checks.map(
      ({ name, state, durationMs, message }) =>
        `check ${state}: ${name}${took(durationMs)}${message === undefined ? '' : `: ${message}`}`,
    ),
    ...failures.map((message, index) => `${index === 0 ? 'first cause' : 'failure'}: ${message}`),
  ];
}

const took = (durationMs: number | null): string => (durationMs === null ? '' : ` (${duration(durationMs)})`);
