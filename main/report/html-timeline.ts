import { describeSpan, type Span } from '../../common/span.ts';
import type { RunRecord } from '../record/run-record.ts';
import { type Lane, type Moment, type Timeline, timelineOf } from '../timeline/timeline.ts';
import { html, section } from './html-parts.ts';
import { duration } from './words.ts';

/** A lane for the run, one for its checks and one for each node, on one axis; a bar as long as what it stands for. */
export function timelineSection(run: RunRecord): string {
  const timeline = timelineOf(run);
  const lanes = timeline.lanes.map((lane) => laneOf(lane, timeline));
  return section('Time', `<div class="timeline">${lanes.join('')}${axis(timeline)}</div>`);
}

function laneOf({ name, node, rows }: Lane, timeline: Timeline): string {
  const marks = timeline.moments.filter((moment) => moment.node === node);
  const tracks = rows.map(
    (spans) => `<div class="track">${spans.map((span) => bar(span, timeline)).join('')}</div>`,
  );
  const marked =
    node === undefined && name !== 'run' ? '' : marks.map((each) => mark(each, timeline)).join('');
  return `<div class="lane"><b title="${html(name)}">${html(name)}</b><div class="tracks">${tracks.join('')}${marked}</div></div>`;
}

function bar(span: Span, { endMs }: Timeline): string {
  const { kind, name, startMs, durationMs, verdict } = span;
  const left = (100 * startMs) / endMs;
  const width = Math.max(0.15, (100 * durationMs) / endMs);
  const title = `${html(describeSpan(span))}: ${duration(durationMs)}`;
  const label = width > 6 ? html(name) : '';
  const place = `left:${left.toFixed(2)}%;width:${width.toFixed(2)}%`;
  return `<span class="bar ${kind} ${verdict}" style="${place}" title="${title}">${label}</span>`;
}

const mark = ({ atMs, text }: Moment, { endMs }: Timeline): string =>
  `<i class="mark" style="left:${((100 * atMs) / endMs).toFixed(2)}%" title="${html(`at ${duration(atMs)}: ${text}`)}"></i>`;

function axis({ endMs }: Timeline): string {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => `<span>${duration(part * endMs)}</span>`);
  return `<div class="lane axis"><b></b><div class="ticks">${ticks.join('')}</div></div>`;
}
