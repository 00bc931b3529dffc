import { UsageError } from '../../common/errors.ts';

const secondsIn = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of a flag that takes a duration. Throws UsageError. */
export function secondsOf(flag: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(String(value)) ?? [];
  if (count === undefined || Number(count) === 0) {
    throw new UsageError(`${flag} takes a duration; found '${value}'.`, { hint: '90s, 30m, 2h, 3d' });
  }
  return Number(count) * secondsIn[unit as keyof typeof secondsIn];
}
