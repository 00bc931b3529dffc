/** Where a moment stands on an axis of so many ms. */
export const alongAxis = (ms: number, endMs: number): string => `${((100 * ms) / endMs).toFixed(3)}%`;

/** The lane below all others, with its times. */
export function timeAxis(endMs: number): string {
  const ticks = axisTicks(endMs).map(
    ({ ms, words }) => `<span style="left:${alongAxis(ms, endMs)}">${words}</span>`,
  );
  return `<div class="lane"><b></b><div class="ticks">${ticks.join('')}</div></div>`;
}

/** What the colours stand for: the classes of a bar, and words for it. */
export const legend = (kinds: readonly (readonly [string, string])[]): string =>
  `<div class="legend">${kinds.map(([kind, words]) => `<span><i class="${kind}"></i>${words}</span>`).join('')}</div>`;

const seconds = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600];

/** Round times that divide an axis of so many ms into some five parts; none at its very end. */
function axisTicks(endMs: number): readonly { readonly ms: number; readonly words: string }[] {
  const step = tickEvery(endMs);
  const count = Math.floor((endMs * 0.97) / step) + 1;
  return Array.from({ length: count }, (_, tick) => ({
    ms: tick * step,
    words: tick === 0 ? '0' : roundDuration(tick * step),
  }));
}

/** A round time that divides the axis into five parts at most; ms. */
function tickEvery(endMs: number): number {
  const step = seconds.find((each) => endMs / (each * 1000) <= 5);
  return (step ?? Math.ceil(endMs / 5000 / 86_400) * 86_400) * 1000;
}

/** `0.5 s`, `30 s`, `2 min`, `1 min 30 s`, `3 h`. */
function roundDuration(ms: number): string {
  const [hours, minutes, rest] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms / 1000) % 60];
  const parts = [hours && `${hours} h`, minutes && `${minutes} min`, rest && `${Number(rest.toFixed(1))} s`];
  return parts.filter(Boolean).join(' ');
}
