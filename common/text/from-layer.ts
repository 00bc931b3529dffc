import type { UsedLayer } from '../results.ts';

/**
 * `from the layer of 21:14 (8.1 s then; --fresh installs anew)`; with the day where it is not that of `now`.
 */
export function fromLayer({ madeAt, tookMs }: UsedLayer, now: number): string {
  const made = new Date(madeAt);
  const time = made.toTimeString().slice(0, 5);
  const day = `${made.getFullYear()}-${two(made.getMonth() + 1)}-${two(made.getDate())} `;
  const when = made.toDateString() === new Date(now).toDateString() ? time : `${day}${time}`;
  return `from the layer of ${when} (${(tookMs / 1000).toFixed(1)} s then; --fresh installs anew)`;
}

const two = (value: number): string => String(value).padStart(2, '0');
