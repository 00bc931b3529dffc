import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { App } from '../server/service.ts';

const modules = createRequire(import.meta.url);
const ours = (name: string): string => fileURLToPath(new URL(`assets/${name}`, import.meta.url));
const htmx = dirname(modules.resolve('htmx.org/dist/htmx.min.js'));
const uplot = dirname(modules.resolve('uplot/dist/uPlot.iife.min.js'));

/** What pages load, all of it from here: no other host is asked for anything. */
const files = {
  'style.css': ours('style.css'),
  'log.css': ours('log.css'),
  'page.mjs': ours('page.mjs'),
  'log.mjs': ours('log.mjs'),
  'plot.mjs': ours('plot.mjs'),
  'icon.svg': ours('icon.svg'),
  // In one script: between two, htmx may begin with a page before it knows of event streams.
  'htmx.js': [join(htmx, 'htmx.min.js'), join(htmx, 'ext/hx-sse.min.js')],
  'uplot.js': join(uplot, 'uPlot.iife.min.js'),
  'uplot.css': join(uplot, 'uPlot.min.css'),
} as const;

const types = {
  css: 'text/css',
  mjs: 'text/javascript',
  js: 'text/javascript',
  svg: 'image/svg+xml',
} as const;

export type AssetName = keyof typeof files;

const loaded = new Map(
  Object.entries(files).map(([name, file]) => {
    const bytes = Buffer.from(
      [file]
        .flat()
        .map((each) => readFileSync(each, 'utf8'))
        .join('\n;'),
    );
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
    const type = types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types];
    return [name, { bytes, type: `${type}; charset=utf-8`, url: `/assets/${digest}/${name}` }];
  }),
);

/** Its address has its digest in it, so that browsers keep it for good. */
export const assetUrl = (name: AssetName): string => loaded.get(name)?.url ?? '';

export function assetRoutes(app: App): void {
  for (const { bytes, type, url } of loaded.values()) {
    app.get(url, { config: { roles: ['anyone'] }, schema: { hide: true } }, (_request, reply) =>
      reply.type(type).header('cache-control', 'public, max-age=31536000, immutable').send(bytes),
    );
  }
}
