const seconds = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600];

/** Round times that divide an axis of so many ms into some five parts; none at its very end. */
export function axisTicks(endMs: number): readonly { readonly ms: number; readonly words: string }[] {
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
