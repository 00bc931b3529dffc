import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { Service } from '../server/service.ts';

/** HTML that replaces what an element of the page holds, or comes after that. */
export interface Change {
  /** The element's id. */
  readonly target: string;
  readonly html: string;
  readonly how?: 'innerMorph' | 'innerHTML' | 'beforeend';
}

/** Changes that belong together; `id` comes back as Last-Event-ID when the browser connects again. */
export interface PageEvent {
  readonly id?: string;
  readonly changes: readonly Change[];
}

/** Options of a route for it: to HEAD it would be read for good. */
export const streaming = { exposeHeadRoute: false } as const;

/** Seconds after which a page that has nothing new hears that the server lives. */
const silence = 15;

/** ms between two events of one page. */
const breath = 150;

/**
 * The one stream of events of a page: a browser has six connections to a server over HTTP/1.1. `look` gives
 * what changed since it was asked before; it is asked when one of `signals` came, and every second.
 */
export function sendEvents(
  reply: FastifyReply,
  { signals, closing }: Service,
  signal: string,
  look: () => Promise<PageEvent | undefined>,
): FastifyReply {
  const gone = new AbortController();
  const events = async function* () {
    // A server that ends is soon there again: then each page reads what it missed.
    yield 'retry: 1000\n\n';
    const either = AbortSignal.any([closing, gone.signal]);
    while (!either.aborted) {
      const event = await signals.until(signal, silence, either, look);
      if (!either.aborted) yield event ? textOf(event) : ': all is well\n\n';
      await sleep(breath, undefined, { signal: either }).catch(() => undefined);
    }
  };
  const stream = Readable.from(events());
  stream.once('close', () => gone.abort());
  return reply
    .type('text/event-stream')
    .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    .send(stream);
}

/** As the living standard of HTML, 9.2, has it; with the elements of htmx 4. */
function textOf({ id, changes }: PageEvent): string {
  const html = changes.map(
    ({ target, html: content, how = 'innerMorph' }) =>
      `<hx-partial hx-target="#${target}" hx-swap="${how}">${content}</hx-partial>`,
  );
  const lines = html.join('').split(/\r\n|\r|\n/);
  return `${id === undefined ? '' : `id: ${id}\n`}${lines.map((line) => `data: ${line}\n`).join('')}\n`;
}

/** Of parts of a page, by the element that holds each: those that are not as they were before. */
export function changesOf(): (parts: Readonly<Record<string, string>>) => readonly Change[] {
  const before = new Map<string, string>();
  return (parts) =>
    Object.entries(parts).flatMap(([target, html]) => {
      // What has been counting since is counted on in the page.
      const lasting = html.replaceAll(/(data-since="[^"]*">)[^<]*/g, '$1');
      if (before.get(target) === lasting) return [];
      before.set(target, lasting);
      return [{ target, html }];
    });
}
