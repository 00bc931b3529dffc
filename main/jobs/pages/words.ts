import { duration } from '../../report/words.ts';
import type { Progress } from '../progress.ts';
import type { JobView } from '../protocol.ts';
import type { WorkerView } from '../worker-protocol.ts';

export { duration };

/** `pass`, `queued`, …: by which a job is coloured. */
export const stateOf = ({ state, verdict }: Pick<JobView, 'state' | 'verdict'>): string =>
  state === 'done' ? (verdict ?? 'done') : state;

/** `12.3 MB`, decimal as disks are sold. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [size, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `2026-11-26 13:04:05 UTC`; the page's script makes of it what is usual where it is read. */
export const time = (at: string | Date): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** How long something took. */
export const between = (from: string, to: string): string =>
  duration(Math.max(0, Date.parse(to) - Date.parse(from)));

/** How long something has taken so far; the page's script counts on. */
export const soFar = (from: string): string =>
  duration(Math.floor((Date.now() - Date.parse(from)) / 1000) * 1000).replace('.0 s', ' s');

/** JSON for people. */
export const json = (value: unknown): string => JSON.stringify(value, undefined, 2) ?? '';

/** The phases that are known of a run, in the order in which they began. */
export const phasesOf = ({ phases, nodes }: Pick<Progress, 'phases' | 'nodes'>): readonly string[] => {
  const began = [phases, ...nodes.map((node) => node.phases)]
    .flat()
    .toSorted((a, b) => a.startMs - b.startMs);
  return [...new Set(began.map(({ phase }) => phase))];
};

const rank = { fail: 0, error: 1, running: 2, skip: 3, pass: 4 } as const;
type Check = Progress['checks'][number];

export const worstFirst = (checks: readonly Check[]): readonly Check[] =>
  checks.toSorted((a, b) => rank[a.state] - rank[b.state]);

/** `2 fail, 14 pass`. */
export function tally(checks: readonly Pick<Check, 'state'>[]): string {
  const states = Object.keys(rank) as Check['state'][];
  const counts = states.map(
    (state) => [checks.filter((each) => each.state === state).length, state] as const,
  );
  return counts
    .filter(([n]) => n > 0)
    .map(([n, state]) => `${n} ${state}`)
    .join(', ');
}

/** `busy`, `idle`, `paused`, `draining` or `gone`: by which a worker is coloured. */
export function workerState({ alive, draining, pause, running }: WorkerView): string {
  if (!alive) return 'gone';
  if (draining) return 'draining';
  return pause ? 'paused' : running > 0 ? 'busy' : 'idle';
}

/** `os=trixie, kind=fast`: a job's place in its matrix. */
export const cellName = (cell: JobView['cell']): string =>
  Object.entries(cell ?? {})
    .map(([axis, value]) => `${axis}=${value}`)
    .join(', ');
