import { duration } from '../../report/words.ts';
import type { BestSchedule } from './best-schedule.ts';

/** `the best schedule of its files is 12 s (exact), and none is below 11 s`. */
export function bestInWords({ bestMs, bestBy, boundMs }: BestSchedule): string {
  const best = `the best schedule of its files ${bestBy === 'exact' ? 'is' : 'that is known is'} ${duration(bestMs)}`;
  const how = bestBy === 'exact' ? '' : ` (by ${bestBy})`;
  return bestMs === boundMs ? `${best}${how}` : `${best}${how}, and none could be below ${duration(boundMs)}`;
}
