import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { printable } from '../../../common/text/printable.ts';
import { version } from '../../../common/version.ts';
import { html } from '../../report/html-parts.ts';
import { type AssetName, assetUrl } from './assets.ts';
import { csrfOf } from './enter.ts';
import * as words from './words.ts';

/** All that is inserted is made printable and escaped, but for what `<%~` inserts: HTML of ours. */
const eta = new Eta({
  views: fileURLToPath(new URL('views', import.meta.url)),
  cache: true,
  autoEscape: true,
  escapeFunction: (value: unknown) => html(printable(String(value))),
});

/** The navigation; with a role for those who have no use for it else. */
const links: readonly { readonly name: string; readonly href: string; readonly role?: string }[] = [
  { name: 'Jobs', href: '/jobs' },
  { name: 'Workers', href: '/workers' },
  { name: 'Recipes', href: '/recipes' },
  { name: 'Schedules', href: '/schedules' },
  { name: 'History', href: '/history' },
  { name: 'Quotas', href: '/quotas', role: 'admin' },
  { name: 'Tokens', href: '/tokens', role: 'admin' },
  { name: 'Users', href: '/users', role: 'admin' },
];

/** Which of the navigation's pages an address belongs to; the list of jobs where none. */
export function sectionOf(url: string): { readonly name: string; readonly href: string } {
  const [, first] = new URL(url, 'http://here').pathname.split('/');
  return links.find(({ href }) => href === `/${first}`) ?? { name: 'Jobs', href: '/jobs' };
}

/** Nothing but what this server sends is loaded or run, and nothing that stands in a page. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

declare module 'fastify' {
  interface FastifyInstance {
    /** What whoever sees a page should know of the server. */
    readonly about: string;
  }
}

export interface PageData {
  readonly title: string;
  /** Which link of the navigation it belongs to. */
  readonly section?: string;
  /** Where its events come from. */
  readonly events?: string;
  /** Besides what all pages load. */
  readonly styles?: readonly AssetName[];
  readonly scripts?: readonly AssetName[];
  readonly [name: string]: unknown;
}

/** HTML of a view, to stand in a page. */
export const fragment = (view: string, data: object): string =>
  eta.render(`./${view}`, { ...data, words, url: encodeURIComponent, asset: assetUrl });

/** Answers with a whole page. */
export function page(
  request: FastifyRequest,
  reply: FastifyReply,
  view: string,
  data: PageData,
): FastifyReply {
  const { holder } = request;
  const may = (role: string): boolean => holder !== undefined && ['admin', role].includes(holder.role);
  const common = {
    holder,
    may,
    csrf: csrfOf(request),
    path: request.url,
    links,
    about: request.server.about,
    version: version(),
    notice: noticeOf(request),
  };
  const body = fragment(view, { ...common, ...data });
  return reply
    .type('text/html; charset=utf-8')
    .headers({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    .send(fragment('layout', { section: '', events: undefined, ...common, ...data, body }));
}

/** Answers with a part of a page, for htmx to put in its place. */
export const part = (reply: FastifyReply, html: string): FastifyReply =>
  reply
    .type('text/html; charset=utf-8')
    .headers({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    .send(html);

const notices: Readonly<Record<string, string>> = {
  cancelled: 'The job is cancelled. Its worker takes its machines away.',
  retried: 'The job waits for a worker again.',
  pinned: 'The job is pinned: it is kept, however old it gets.',
  unpinned: 'The job is no longer pinned: it is deleted when it is too old.',
  removed: 'Removed.',
  revoked: 'The token is revoked; whoever used it is logged out.',
  added: 'Added.',
  started: 'Started.',
  changed: 'Changed.',
};

/** What a form came to, by its word in the address. */
function noticeOf(request: FastifyRequest): string | undefined {
  // The schema of a route knows nothing of it.
  const done = new URL(request.url, 'http://here').searchParams.get('done') ?? '';
  return Object.hasOwn(notices, done) ? notices[done] : undefined;
}
