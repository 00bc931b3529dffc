import type { Verdict } from '../../common/results.ts';
import { describeSpan, type Span } from '../../common/span.ts';
import { duration } from './words.ts';

/** Text as it may stand in the page. */
export const html = (text: unknown): string =>
  String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export const section = (title: string, body: string, kind = ''): string =>
  `<section${kind && ` class="${kind}"`}><h2>${html(title)}</h2>${body}</section>`;

export const badge = (verdict: Verdict): string => `<span class="verdict ${verdict}">${verdict}</span>`;

/** A row for each: verdict, what it was and what went wrong, when and how long. */
export const spanTable = (spans: readonly Span[]): string =>
  `<table><tbody>${spans.map(spanRow).join('')}</tbody></table>`;

function spanRow(span: Span): string {
  const { kind, node, verdict, message, detail, startMs, durationMs } = span;
  const isCheck = kind === 'check';
  const where = node === undefined ? '' : `node ${node}: `;
  const words = isCheck ? span.name : `${where}${describeSpan(span)}`;
  const text = [isCheck ? message : undefined, detail].filter(Boolean).join('\n');
  const more = text ? `<pre>${html(text)}</pre>` : '';
  const time = isCheck ? duration(durationMs) : `at ${duration(startMs)}, ${duration(durationMs)}`;
  return `<tr><td>${badge(verdict)}</td><td>${html(words)}${more}</td><td class="time">${time}</td></tr>`;
}
