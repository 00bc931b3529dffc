import type { Verdict } from '../../common/results.ts';
import { describeSpan, type Span } from '../../common/span.ts';
import { duration } from './words.ts';

/** Text as it may stand in the page. */
export const html = (text: unknown): string =>
  String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export const section = (title: string, body: string, kind = ''): string =>
  `<section${kind && ` class="${kind}"`}><h2>${html(title)}</h2>${body}</section>`;

export const badge = (verdict: Verdict): string => `<span class="verdict ${verdict}">${verdict}</span>`;

/** An entry for each: verdict, what it was and what went wrong, when and how long. */
export const spanList = (spans: readonly Span[]): string => [...spanPieces(spans)].join('');

/** The same in pieces: they may be very many. */
export function* spanPieces(spans: readonly Span[]): Generator<string, void, undefined> {
  yield '<ul class="spans">';
  for (const span of spans) yield entry(span);
  yield '</ul>';
}

function entry(span: Span): string {
  const { kind, node, verdict, message, detail, startMs, durationMs } = span;
  const isCheck = kind === 'check';
  const where = node === undefined ? '' : `node ${node}: `;
  const words = isCheck ? span.name : `${where}${describeSpan(span)}`;
  const time = isCheck ? duration(durationMs) : `at ${duration(startMs)}, ${duration(durationMs)}`;
  const more = [
    isCheck && message ? `<pre>${html(message)}</pre>` : '',
    detail ? `<pre class="detail">${html(detail)}</pre>` : '',
  ];
  return `<li>${badge(verdict)}<p>${html(words)}</p><span class="time">${time}</span>${more.join('')}</li>`;
}
