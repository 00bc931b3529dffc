import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFailure } from '../../common/errors.ts';
import { actInWords, describeAct } from '../../common/machine-acts.ts';
import type { PhaseTiming } from '../../common/results.ts';
import type { RunResult } from '../record/run-result.ts';
import { style } from './html-style.ts';
import type { Reporter } from './reporter.ts';
import { duration } from './words.ts';

/** `report.html`: one page without any other file, light or dark as the reader's system is. */
export const htmlReport: Reporter = {
  name: 'html',
  file: 'report.html',
  report: (run, directory) => writeFile(join(directory, 'report.html'), page(run)),
};

const html = (text: unknown): string =>
  String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function page(run: RunResult): string {
  const sections = [
    causes(run),
    checks(run),
    timeline(run),
    acts(run),
    nodes(run),
    packages(run),
    problems(run),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(run.verdict)}: ${html(run.scenario)}</title><style>${style}</style></head><body>
<header><span class="verdict ${run.verdict}">${run.verdict}</span><h1>${html(run.scenario)}</h1>
<p>${html(run.id)} · ${new Date(run.startedAt).toISOString().slice(0, 19).replace('T', ' ')} UTC · ${duration(run.durationMs)} ·
${run.nodes.length} ${html(run.provider)} nodes · shakedown ${html(run.versions.shakedown)}</p></header>
<main>${sections.join('\n')}</main></body></html>
`;
}

function causes({ failures: [first, ...others] }: RunResult): string {
  if (!first) return '';
  const after = others.map((failure) => `<li><pre>${html(describeFailure(failure))}</pre></li>`).join('');
  const rest = after
    ? `<details><summary>After it (${others.length})</summary><ul>${after}</ul></details>`
    : '';
  return `<section class="cause"><h2>First cause</h2><pre>${html(describeFailure(first))}</pre>${rest}</section>`;
}

function checks({ checks: all }: RunResult): string {
  if (all.length === 0) return '<section><h2>Checks</h2><p>None were made.</p></section>';
  const rows = all.map((check) => {
    const text = [check.message, check.detail].filter(Boolean).join('\n');
    const more = text ? `<pre>${html(text)}</pre>` : '';
    return `<tr><td><span class="verdict ${check.verdict}">${check.verdict}</span></td><td>${html(check.name)}${more}</td><td class="time">${duration(check.durationMs)}</td></tr>`;
  });
  return `<section><h2>Checks</h2><table><tbody>${rows.join('')}</tbody></table></section>`;
}

/** A row for the run and one for each node; a bar per phase, as long as it took. */
function timeline(run: RunResult): string {
  const end = Math.max(1, ...run.phases.map((timing) => timing.startMs + timing.durationMs));
  const perNode = new Set(
    run.phases.filter((timing) => timing.node !== undefined).map((timing) => timing.phase),
  );
  const own = run.phases.filter((timing) => timing.node === undefined && !perNode.has(timing.phase));
  const rows = [row('run', own, end)];
  for (const node of run.nodes) {
    rows.push(
      row(
        node.name,
        [...run.phases, ...actBars(run)].filter((timing) => timing.node === node.id),
        end,
      ),
    );
  }
  return `<section><h2>Time</h2><div class="timeline">${rows.join('')}</div></section>`;
}

/** What took a machine away for a while, beside its phases. */
const actBars = ({ machineActs = [] }: RunResult): readonly Bar[] =>
  machineActs.map((done) => ({ ...done, phase: actInWords(done) }));

type Bar = Omit<PhaseTiming, 'phase'> & { readonly phase: string };

function row(name: string, timings: readonly Bar[], end: number): string {
  const bars = timings.map(({ phase, startMs, durationMs, verdict }) => {
    const left = (100 * startMs) / end;
    const width = Math.max(0.15, (100 * durationMs) / end);
    const title = `${html(phase)}: ${duration(durationMs)}`;
    const label = width > 6 ? html(phase) : '';
    return `<span class="bar ${verdict}" style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%" title="${title}">${label}</span>`;
  });
  return `<div class="row"><b>${html(name)}</b><div class="track">${bars.join('')}</div></div>`;
}

function acts({ machineActs = [] }: RunResult): string {
  if (machineActs.length === 0) return '';
  const rows = machineActs.map((done) => {
    const words = `node ${done.node}: ${describeAct(done)}`;
    return `<tr><td><span class="verdict ${done.verdict}">${done.verdict}</span></td><td>${html(words)}</td><td class="time">at ${duration(done.startMs)}, ${duration(done.durationMs)}</td></tr>`;
  });
  return `<section><h2>Restarts, power and snapshots</h2><table><tbody>${rows.join('')}</tbody></table></section>`;
}

function nodes(run: RunResult): string {
  const rows = run.nodes.map(({ id, name, address, role }) => {
    const link = (path: string, text: string) => `<a href="nodes/${id}/${path}">${text}</a>`;
    const wentDown = run.machineActs?.some(
      ({ node, act }) => node === id && !/^(snapshot|powerOn)$/.test(act),
    );
    const links = [
      link('files/', 'files'),
      link('logs/', 'logs'),
      link('to_deploy/', 'sent'),
      link('tester.log', 'tester.log'),
      ...(wentDown ? [link('before/', 'before restarts')] : []),
    ];
    return `<tr><td>${id}</td><td>${html(name)}</td><td>${html(address)}</td><td>${html(role ?? '')}</td><td>${links.join(' · ')}</td></tr>`;
  });
  return `<section><h2>Nodes</h2><table><tbody>${rows.join('')}</tbody></table></section>`;
}

function packages({ installed }: RunResult): string {
  const nodesWith = Object.entries(installed).filter(([, list]) => list.length > 0);
  if (nodesWith.length === 0) return '';
  const lists = nodesWith.map(([node, list]) => {
    const items = list.map(
      ({ name, version, previous }) => `${name} ${version}${previous ? ` (was ${previous})` : ''}`,
    );
    return `<details><summary>node ${html(node)}: ${list.length}</summary><pre>${html(items.join('\n'))}</pre></details>`;
  });
  return `<section><h2>Packages that came in</h2>${lists.join('')}</section>`;
}

function problems({ collectProblems }: RunResult): string {
  const lines = Object.entries(collectProblems).flatMap(([node, list]) =>
    list.map((each) => `node ${node}: ${each}`),
  );
  if (lines.length === 0) return '';
  return `<section><h2>Not collected</h2><pre>${html(lines.join('\n'))}</pre></section>`;
}
