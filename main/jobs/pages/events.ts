import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SSEMessage, SSEPluginOptions } from '@fastify/sse';
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
export const streaming = { exposeHeadRoute: false, sse: 'only' } as const;

/** What registers its plugin: its heartbeats tell a page that has nothing new that the server lives. */
export const eventStreams: SSEPluginOptions = { heartbeatInterval: 15_000, serializer: String };

/** Seconds after which it is looked again whether the page is still there. */
const silence = 15;

/** ms between two events of one page. */
const breath = 150;

/**
 * The one stream of events of a page: a browser has six connections to a server over HTTP/1.1. `look` gives
 * what changed since it was asked before; it is asked when one of `signals` came, and every second. Gives
 * when the page is gone.
 */
export async function sendEvents(
  reply: FastifyReply,
  { signals, closing }: Pick<Service, 'signals' | 'closing'>,
  signal: string,
  look: () => Promise<PageEvent | undefined>,
): Promise<void> {
  const gone = new AbortController();
  const events = async function* () {
    try {
      // A server that ends is soon there again: then each page reads what it missed.
      yield { retry: 1000 };
      const either = AbortSignal.any([closing, gone.signal]);
      while (!either.aborted) {
        const event = await signals.until(signal, silence, either, look);
        if (event && !either.aborted) yield messageOf(event);
        await sleep(breath, undefined, { signal: either }).catch(() => undefined);
      }
    } catch {
      // The stream ends as any other, and the page asks again: after an error nobody would end it.
    }
  };
  reply.sse.onClose(() => gone.abort());
  reply.header('cache-control', 'no-store');
  // As a stream: of what else it takes the plugin waits without end for a page that left unread.
  await reply.sse.send(Readable.from(events()));
}

/** With the elements of htmx 4. */
function messageOf({ id, changes }: PageEvent): SSEMessage {
  const html = changes.map(
    ({ target, html: content, how = 'innerMorph' }) =>
      `<hx-partial hx-target="#${target}" hx-swap="${how}">${content}</hx-partial>`,
  );
  // Any end of a line would be one to a browser.
  const data = html.join('').replaceAll(/\r\n?/g, '\n');
  return { ...(id === undefined ? {} : { id }), data };
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
