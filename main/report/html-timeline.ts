import { describeSpan, type Span } from '../../common/span.ts';
import type { RunRecord } from '../record/run-record.ts';
import { type Lane, type Moment, type Timeline, timelineOf } from '../record/timeline/timeline.ts';
import { axisTicks } from './axis-ticks.ts';
import { html, section } from './html-parts.ts';
import { duration } from './words.ts';

/**
 * A lane for the run, one for its checks and one for each node, on one axis;
 * a bar as long as what it stands for.
 */
export function timelineSection(run: RunRecord): string {
  const timeline = timelineOf(run);
  const lanes = timeline.lanes.map((lane) => laneOf(lane, timeline));
  return section('Time', `<div class="timeline">${lanes.join('')}${axis(timeline)}${legend}</div>`);
}

function laneOf({ name, node, rows }: Lane, timeline: Timeline): string {
  const tracks = rows.map(
    (spans) => `<div class="track">${spans.map((span) => bar(span, timeline)).join('')}</div>`,
  );
  const moments = timeline.moments.filter((moment) => moment.node === node);
  // What happened to no node stands in the first lane, that of the run.
  const marks = node === undefined && name !== 'run' ? [] : moments.map((moment) => mark(moment, timeline));
  const content = [...(tracks.length > 0 ? tracks : ['<div class="track"></div>']), ...marks].join('');
  return `<div class="lane"><b title="${html(name)}">${html(name)}</b><div class="tracks">${content}</div></div>`;
}

const percent = (ms: number, { endMs }: Timeline): string => `${((100 * ms) / endMs).toFixed(2)}%`;

function bar(span: Span, timeline: Timeline): string {
  const { kind, name, startMs, durationMs, verdict } = span;
  const title = `${html(describeSpan(span))}: ${duration(durationMs)}`;
  // Nothing is too short to be seen.
  const width = percent(Math.max(durationMs, timeline.endMs / 500), timeline);
  const place = `left:${percent(startMs, timeline)};width:${width}`;
  return `<div class="bar ${kind} ${verdict}" style="${place}" title="${title}"><span>${html(name)}</span></div>`;
}

function mark({ atMs, text }: Moment, timeline: Timeline): string {
  const title = html(`at ${duration(atMs)}: ${text}`);
  return `<i class="mark" style="left:${percent(atMs, timeline)}" title="${title}"></i>`;
}

const legend = `<div class="legend">${[
  ['bar phase', 'phase'],
  ['bar check', 'check'],
  ['bar machine-act', 'done to the node'],
  ['bar fail', 'fail'],
  ['bar error', 'error'],
  ['mark', 'a failure'],
]
  .map(([kind, words]) => `<span><i class="${kind}"></i>${words}</span>`)
  .join('')}</div>`;

function axis(timeline: Timeline): string {
  const ticks = axisTicks(timeline.endMs).map(
    ({ ms, words }) => `<span style="left:${percent(ms, timeline)}">${words}</span>`,
  );
  return `<div class="lane"><b></b><div class="ticks">${ticks.join('')}</div></div>`;
}
