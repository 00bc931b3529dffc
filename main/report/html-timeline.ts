import { describeSpan, type Span } from '../../common/span.ts';
import type { RunRecord } from '../record/run-record.ts';
import { type Lane, type Moment, type Timeline, timelineOf } from '../record/timeline/timeline.ts';
import { html, section } from './html-parts.ts';
import { alongAxis, legend, timeAxis } from './time-axis.ts';
import { duration } from './words.ts';

/**
 * A lane for the run, one for its checks and one for each node, on one axis;
 * a bar as long as what it stands for.
 */
export function timelineSection(run: RunRecord): string {
  const timeline = timelineOf(run);
  const lanes = timeline.lanes.map((lane) => laneOf(lane, timeline));
  return section(
    'Time',
    `<div class="timeline">${lanes.join('')}${timeAxis(timeline.endMs)}${legend(kinds)}</div>`,
  );
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

function bar(span: Span, timeline: Timeline): string {
  const { kind, name, startMs, durationMs, verdict } = span;
  const title = `${html(describeSpan(span))}: ${duration(durationMs)}`;
  // Nothing is too short to be seen.
  const width = alongAxis(Math.max(durationMs, timeline.endMs / 500), timeline.endMs);
  const place = `left:${alongAxis(startMs, timeline.endMs)};width:${width}`;
  return `<div class="bar ${kind} ${verdict}" style="${place}" title="${title}"><span>${html(name)}</span></div>`;
}

function mark({ atMs, text }: Moment, timeline: Timeline): string {
  const title = html(`at ${duration(atMs)}: ${text}`);
  return `<i class="mark" style="left:${alongAxis(atMs, timeline.endMs)}" title="${title}"></i>`;
}

const kinds = [
  ['bar phase', 'phase'],
  ['bar check', 'check'],
  ['bar machine-act', 'done to the node'],
  ['bar fail', 'fail'],
  ['bar error', 'error'],
  ['mark', 'a failure'],
] as const;
