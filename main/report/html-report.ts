import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFailure } from '../../common/errors.ts';
import { type RunRecord, spansOf } from '../record/run-record.ts';
import { privateFile } from '../store/run-folders.ts';
import { worstClock } from '../timeline/node-clock.ts';
import { badge, html, section, spanList } from './html-parts.ts';
import { style } from './html-style.ts';
import { timelineSection } from './html-timeline.ts';
import type { Reporter } from './reporter.ts';
import { clockInWords, clockWarnings, count, duration, worstFirst } from './words.ts';

/** `report.html`: one page without any other file, light or dark as the reader's system is. */
export const htmlReport: Reporter = {
  name: 'html',
  file: 'report.html',
  report: (run, directory) => writeFile(join(directory, 'report.html'), page(run), { mode: privateFile }),
};

function page(run: RunRecord): string {
  const sections = [causes, checks, timelineSection, acts, nodes, packages, problems].map((part) =>
    part(run),
  );
  const started = new Date(run.startedAt).toISOString().slice(0, 19).replace('T', ' ');
  const facts = [
    html(run.id),
    `${started} UTC`,
    duration(run.durationMs),
    html(count(run.nodes.length, `${run.provider} node`)),
    `shakedown ${html(run.versions.shakedown)}`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(run.verdict)}: ${html(run.scenario)}</title><style>${style}</style></head><body>
<header>${badge(run.verdict)}<h1>${html(run.scenario)}</h1>
<p>${facts.map((fact) => `<span>${fact}</span>`).join(' · ')}</p></header>
<main>${sections.filter(Boolean).join('\n')}</main></body></html>
`;
}

function causes({ failures: [first, ...others] }: RunRecord): string {
  if (!first) return '';
  const after = others.map((failure) => `<li><pre>${html(describeFailure(failure))}</pre></li>`).join('');
  const rest = after
    ? `<details><summary>After it (${others.length})</summary><ul>${after}</ul></details>`
    : '';
  return section('First cause', `<pre>${html(describeFailure(first))}</pre>${rest}`, 'cause');
}

function checks(run: RunRecord): string {
  const all = worstFirst(spansOf(run, 'check'));
  return section('Checks', all.length === 0 ? '<p>None were made.</p>' : spanList(all));
}

function acts(run: RunRecord): string {
  const done = spansOf(run, 'machine-act', 'fault', 'task');
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

function packages({ installed }: RunRecord): string {
  const nodesWith = Object.entries(installed).filter(([, list]) => list.length > 0);
  if (nodesWith.length === 0) return '';
  const lists = nodesWith.map(([node, list]) => {
    const items = list.map(
      ({ name, version, previous }) => `${name} ${version}${previous ? ` (was ${previous})` : ''}`,
    );
    const title = `node ${html(node)}: ${list.length}`;
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
