import { html, section } from '../../report/html-parts.ts';
import type { ReportPart } from '../../report/report-part.ts';
import { count, duration } from '../../report/words.ts';
import { gantt } from './gantt.ts';
import { ganttStyle } from './gantt-style.ts';
import { chartOf } from './lanes.ts';
import type { RanFile, RanHook, RanProcess, Schedule } from './schedule.ts';

/** All that the picture of a schedule is made of. */
export interface RanSuite {
  readonly schedule: Schedule;
  readonly processes: readonly RanProcess[];
  readonly hooks: readonly RanHook[];
  /** What each file came to. */
  readonly files: readonly RanFile[];
}

/** The type of the spans of processes of tests. */
export const testFiles = 'test-files';

/** Files that are told as the slowest. */
const mostSlow = 10;

/** The part of the report that shows what ran when, on which runner, and how good that was. */
export function htmlSchedule({ schedule, processes, hooks, files }: RanSuite): ReportPart {
  const slow = files.length > 1 ? `<h3>Slowest files</h3>${slowest(files)}` : '';
  return {
    html: ({ nodes }) => {
      const names = new Map(nodes.map(({ id, name }) => [id, name]));
      const picture = gantt(chartOf(processes, hooks), schedule, names);
      return section('Schedule', `${figures(schedule)}${picture}${slow}`, 'schedule');
    },
    style: ganttStyle,
    shows: ({ kind, type }) => kind === 'check' || type === testFiles,
  };
}

function figures({ wallMs, inARowMs, bestMs, bestBy, boundMs, runners }: Schedule): string {
  const times = (inARowMs / Math.max(1, wallMs)).toFixed(1);
  const busy = Math.round((100 * inARowMs) / Math.max(1, wallMs * runners));
  const best = bestBy === 'exact' ? 'best schedule' : `best known schedule (${bestBy})`;
  const all: readonly (readonly [string, string])[] = [
    [duration(wallMs), `on ${count(runners, 'runner')}`],
    [duration(inARowMs), `in a row, ${times} times as long`],
    [duration(bestMs), best],
    [duration(boundMs), 'no schedule is below'],
    [`${busy} %`, 'of the runners’ time used'],
  ];
  return `<dl class="figures">${all.map(([value, name]) => `<div><dt>${html(name)}</dt><dd>${html(value)}</dd></div>`).join('')}</dl>`;
}

function slowest(files: readonly RanFile[]): string {
  const slow = files.toSorted((one, other) => other.durationMs - one.durationMs).slice(0, mostSlow);
  const longest = Math.max(1, slow[0]?.durationMs ?? 1);
  const rows = slow.map(({ file, durationMs, verdict }) => {
    const bar = `<i class="${verdict}" style="width:${((100 * durationMs) / longest).toFixed(1)}%"></i>`;
    return `<span>${html(file)}</span><span class="time">${duration(durationMs)}</span>${bar}`;
  });
  return `<div class="slow">${rows.join('')}</div>`;
}
