import { join } from 'node:path';
import { describeFailure } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { fromLayer } from '../../common/text/from-layer.ts';
import { type RunRecord, spansOf } from '../record/run-record.ts';
import { worstClock } from '../record/timeline/node-clock.ts';
import { privateFile } from '../store/run-folders.ts';
import { writePieces } from '../store/write-pieces.ts';
import { badge, html, section, spanList, spanPieces } from './html-parts.ts';
import { style } from './html-style.ts';
import { timelineSection } from './html-timeline.ts';
import { type JournalLine, journalAround } from './journal-around.ts';
import type { ReportPart } from './report-part.ts';
import type { Reporter } from './reporter.ts';
import { clockInWords, clockWarnings, count, duration, laterInWords, worstFirst } from './words.ts';

/** `report.html`: one page without any other file, light or dark as the reader's system is. */
export const htmlReport: Reporter = {
  name: 'html',
  file: 'report.html',
  report: async (run, directory, part) => {
    const around = await journalAround(run, directory);
    await writePieces(join(directory, 'report.html'), page(run, around, part), privateFile);
  },
};

function* page(
  run: RunRecord,
  around: readonly JournalLine[],
  part?: ReportPart,
): Generator<string, void, undefined> {
  const isShown = (span: Span) => part?.shows(span) === true;
  const sections: readonly (string | Iterable<string>)[] = [
    causes(run, around),
    part?.html(run) ?? '',
    checks(run),
    timelineSection({ ...run, spans: run.spans.filter((span) => !isShown(span)) }),
    acts(run, isShown),
    ...[nodes, packages, problems].map((each) => each(run)),
  ];
  const started = new Date(run.startedAt).toISOString().slice(0, 19).replace('T', ' ');
  const facts = [
    html(run.id),
    `${started} UTC`,
    duration(run.durationMs),
    html(count(run.nodes.length, `${run.provider} node`)),
    `shakedown ${html(run.versions.shakedown)}`,
  ];
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(run.verdict)}: ${html(run.scenario)}</title><style>${style}${part?.style ?? ''}</style></head><body>
<header>${badge(run.verdict)}<h1>${html(run.scenario)}</h1>
<p>${facts.map((fact) => `<span>${fact}</span>`).join(' · ')}</p></header>
<main>`;
  for (const [index, each] of sections.filter(Boolean).entries()) {
    if (index > 0) yield '\n';
    yield* typeof each === 'string' ? [each] : each;
  }
  yield '</main></body></html>\n';
}

function causes(run: RunRecord, around: readonly JournalLine[]): string {
  const [first, ...others] = run.failures;
  if (!first) return '';
  const after = others.map((failure) => {
    const later = `<span class="time">${html(laterInWords(failure, first).replaceAll(/[ ]?[()]/g, ''))}</span>`;
    return `<li>${later}<pre>${html(describeFailure(failure))}</pre></li>`;
  });
  const rest =
    after.length > 0
      ? `<details><summary>After it (${others.length})</summary><ul>${after.join('')}</ul></details>`
      : '';
  const when = first.at === undefined ? '' : `, ${duration(first.at - run.startedAt)} after the run began`;
  const cause = `<pre>${html(describeFailure(first))}</pre>${journal(run, around)}${rest}`;
  return section(`First cause${when}`, cause, 'cause');
}

/** The lines of journals around the first cause, and where among them that was. */
function journal({ failures: [first], nodes }: RunRecord, around: readonly JournalLine[]): string {
  if (!first || around.length === 0) return '';
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const ofOne = first.node !== undefined;
  const row = ({ node, afterMs, text }: JournalLine) => {
    const who = ofOne ? '' : `<b>${html(names.get(node) ?? node)}</b> `;
    return `<li><span class="time">${signed(afterMs)}</span><code>${who}${html(text)}</code></li>`;
  };
  const at = around.findIndex(({ afterMs }) => afterMs > 0);
  const earlier = (at < 0 ? around : around.slice(0, at)).map(row);
  const later = at < 0 ? [] : around.slice(at).map(row);
  const mark = `<li class="here"><span class="time">0</span><code>${html(first.message)}</code></li>`;
  const whose = ofOne
    ? `The journal of ${html(names.get(first.node ?? -1) ?? `node ${first.node}`)}`
    : 'The nodes’ journals';
  return `<details open><summary>${whose} around it</summary><ul class="journal">${[...earlier, mark, ...later].join('')}</ul></details>`;
}

/** `−1.250 s`, `+0.004 s`. */
const signed = (ms: number): string => `${ms > 0 ? '+' : '−'}${(Math.abs(ms) / 1000).toFixed(3)} s`;

/** Checks that passed from which on they are folded away. */
const manyPassed = 100;

/** In pieces: a distribution has one for each test. */
function* checks(run: RunRecord): Generator<string, void, undefined> {
  const all = worstFirst(spansOf(run, 'check'));
  const passed = all.filter(({ verdict, message }) => verdict === 'pass' && message === undefined);
  if (passed.length < manyPassed) {
    yield section('Checks', all.length === 0 ? '<p>None were made.</p>' : spanList(all));
    return;
  }
  const rest = all.filter(({ verdict, message }) => verdict !== 'pass' || message !== undefined);
  yield '<section><h2>Checks</h2>';
  if (rest.length > 0) yield* spanPieces(rest);
  yield `<details><summary>${passed.length} passed</summary>`;
  yield* spanPieces(passed);
  yield '</details></section>';
}

function acts(run: RunRecord, isShown: (span: Span) => boolean): string {
  const done = spansOf(run, 'machine-act', 'fault', 'task').filter(
    (span) => !isShown(span) || span.verdict !== 'pass' || span.message !== undefined,
  );
  return done.length === 0 ? '' : section('What was done to the nodes', spanList(done));
}

function nodes(run: RunRecord): string {
  const rows = run.nodes.map((node) => {
    const clock = worstClock(run, node.id);
    const cells = [node.id, node.name, node.address, node.role ?? '', clock ? clockInWords(clock) : ''];
    const links = linksOf(node.id, run).map(([path, text]) => `<a href="${path}">${text}</a>`);
    return `<tr>${[...cells.map(html), links.join(' · ')].map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = ['', 'name', 'address', 'role', 'clock', ''].map((title) => `<th>${title}</th>`).join('');
  const warnings = clockWarnings(run).map((warning) => `<p class="error">${html(warning)}</p>`);
  const table = `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
  return section('Nodes', `${table}${warnings.join('')}`);
}

function linksOf(id: number, run: RunRecord): readonly (readonly [path: string, text: string])[] {
  const wentDown = spansOf(run, 'machine-act').some(
    ({ node, type }) => node === id && type !== 'snapshot' && type !== 'powerOn',
  );
  const folder = `nodes/${id}`;
  const links = [
    [`${folder}/files/`, 'files'],
    [`${folder}/logs/`, 'logs'],
    [`${folder}/to_deploy/`, 'sent'],
    [`${folder}/tester.log`, 'tester.log'],
  ] as const;
  return wentDown ? [...links, [`${folder}/before/`, 'before restarts']] : links;
}

function packages({ installed, layers = {}, startedAt }: RunRecord): string {
  const nodesWith = Object.entries(installed).filter(([, list]) => list.length > 0);
  if (nodesWith.length === 0) return '';
  const lists = nodesWith.map(([node, list]) => {
    const items = list.map(
      ({ name, version, previous }) => `${name} ${version}${previous ? ` (was ${previous})` : ''}`,
    );
    const layer = layers[node];
    const from = layer ? `, ${fromLayer(layer, startedAt)}` : '';
    const title = `node ${html(node)}: ${list.length}${html(from)}`;
    return `<details><summary>${title}</summary><pre>${html(items.join('\n'))}</pre></details>`;
  });
  return section('Packages that came in', lists.join(''));
}

function problems({ collectProblems, unmatched = {} }: RunRecord): string {
  return `${byNode('Not collected', collectProblems)}${byNode('Named by collect, and not there', unmatched)}`;
}

function byNode(title: string, lists: RunRecord['collectProblems']): string {
  const lines = Object.entries(lists).flatMap(([node, list]) => list.map((each) => `node ${node}: ${each}`));
  return lines.length === 0 ? '' : section(title, `<pre>${html(lines.join('\n'))}</pre>`);
}
