import { html } from '../../report/html-parts.ts';
import { alongAxis, legend, timeAxis } from '../../report/time-axis.ts';
import { duration } from '../../report/words.ts';
import type { Chart, ChartNode, Lane, ProcessStretch, Stretch } from './lanes.ts';
import type { RanFile, RanHook, Schedule } from './schedule.ts';

/** Runners from which on lanes are thin and have no names. */
const many = 40;

/** The schedule as a picture: a lane for each runner, a bar for each file, on one axis of time. */
export function gantt(chart: Chart, schedule: Schedule, names: ReadonlyMap<number, string>): string {
  const count = chart.nodes.reduce((sum, { lanes }) => sum + lanes.length, 0);
  const nodes = chart.nodes.map((node) => nodeOf(node, chart, names.get(node.id) ?? `node ${node.id}`));
  const size = count > many ? ' dense' : '';
  const lanes = `<div class="lanes">${nodes.join('')}${marks(chart, schedule)}</div>`;
  return `<div class="gantt${size}">${lanes}${timeAxis(chart.endMs)}${legend(kinds)}</div>`;
}

const percent = (ms: number, { endMs }: Chart): string => alongAxis(ms, endMs);

const place = ({ startMs, tookMs }: Stretch<unknown>, chart: Chart): string =>
  `left:${percent(startMs, chart)};width:${percent(tookMs, chart)}`;

function nodeOf({ hooks, lanes }: ChartNode, chart: Chart, name: string): string {
  const bars = hooks.map((hook) => hookBar(hook, chart)).join('');
  const head = `<div class="lane node"><b title="${html(name)}">${html(name)}</b><div class="row">${bars}</div></div>`;
  return `<div class="host">${head}${lanes.map((lane) => laneOf(lane, chart)).join('')}</div>`;
}

function laneOf({ runner, hooks, processes }: Lane, chart: Chart): string {
  const bars = [
    ...hooks.map((hook) => hookBar(hook, chart)),
    ...processes.map((process) => processBar(process, chart)),
  ];
  return `<div class="lane"><b>${html(runner)}</b><div class="row">${bars.join('')}</div></div>`;
}

function hookBar(hook: Stretch<RanHook>, chart: Chart): string {
  const { name, failed } = hook.what;
  const title = html(`${name}: ${duration(hook.tookMs)}${failed ? ', it failed' : ''}`);
  return `<i class="hook${failed ? ' fail' : ''}" style="${place(hook, chart)}" title="${title}">${words(name, hook, chart)}</i>`;
}

/** The process, and on it its files: what is left of it is its start. */
function processBar(process: ProcessStretch, chart: Chart): string {
  const { ran, files } = process.what;
  const without =
    files.length < ran.with.length ? `, ${ran.with.length - files.length} of them without a result` : '';
  const title = html(`a process with ${ran.with.length} files${without}: ${duration(process.tookMs)}`);
  const kind = files.length === 0 ? 'process lost' : 'process';
  const bar = `<i class="${kind}" style="${place(process, chart)}" title="${title}"></i>`;
  return bar + process.files.map((file) => fileBar(file, chart)).join('');
}

function fileBar(file: Stretch<RanFile>, chart: Chart): string {
  const { file: path, verdict, durationMs } = file.what;
  const title = html(`${path}: ${verdict}, ${duration(durationMs)}`);
  const edge = file.tookMs / chart.endMs < 0.003 ? '' : ' edge';
  return `<i class="${verdict}${edge}" style="${place(file, chart)}" title="${title}">${words(path, file, chart)}</i>`;
}

/** The last part of a path, where its bar has room for it. */
function words(text: string, { tookMs }: Stretch<unknown>, { endMs }: Chart): string {
  return tookMs / endMs < 0.04 ? '' : `<span>${html(text.slice(text.lastIndexOf('/') + 1))}</span>`;
}

/** When the best schedule would have ended, and before when none could have. */
function marks(chart: Chart, { bestMs, boundMs }: Schedule): string {
  const line = (ms: number, kind: string) =>
    chart.testsMs + ms > chart.endMs
      ? ''
      : `<i class="${kind}" style="left:${percent(chart.testsMs + ms, chart)}"></i>`;
  return `<div class="lane marks"><b></b><div>${line(boundMs, 'bound')}${line(bestMs, 'best')}</div></div>`;
}

const kinds = [
  ['pass', 'a file that passed'],
  ['fail', 'failed'],
  ['error', 'error'],
  ['process', 'the start of a process'],
  ['process lost', 'a process without a result'],
  ['hook', 'a hook'],
  ['best', 'the best schedule would have ended'],
  ['bound', 'none could have before'],
] as const;
