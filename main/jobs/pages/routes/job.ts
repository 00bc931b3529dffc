import { z } from 'zod';
import { actOnJob, pinJob } from '../../server/act-on-job.ts';
import type { App, Routes, Service } from '../../server/service.ts';
import { Views } from '../../server/views.ts';
import { changesOf, sendEvents, streaming } from '../events.ts';
import { jobParts } from '../job-parts.ts';
import { LogTail, lastOfLog } from '../log/log-tail.ts';
import { shownAttempt } from '../one-attempt.ts';
import { page } from '../render.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const params = z.object({ id: z.string() });
const attempt = z.coerce.number().int().min(1).optional();

/** One job: what it is, what it comes to, and what is done with it. */
export const jobPages: Routes = (app, service) => {
  addPage(app, service);
  addEvents(app, service);
  addActs(app, service);
};

function addPage(app: App, { store, files }: Service): void {
  const views = new Views(store);
  app.get(
    '/jobs/:id',
    { config: readers, schema: { hide: true, params, querystring: z.object({ attempt }) } },
    async (request, reply) => {
      const shown = await shownAttempt(views, request.params.id, request.query.attempt);
      const { job, number } = shown;
      const log = await lastOfLog(files, shown);
      const where = new URLSearchParams({ from: `${number}:${log.to}` });
      if (request.query.attempt !== undefined) where.set('attempt', String(number));
      const events = `/jobs/${encodeURIComponent(job.id)}/events?${where}`;
      const title = job.name;
      return page(request, reply, 'job/page', {
        ...{ title, section: 'jobs', events, styles: ['log.css'], scripts: ['log.mjs'] },
        ...{ ...shown, log, parts: await jobParts(store, shown) },
      });
    },
  );
}

/** What changes on the page while it is looked at. */
function addEvents(app: App, service: Service): void {
  const { store, files } = service;
  const views = new Views(store);
  const from = z
    .string()
    .regex(/^\d{1,9}:\d{1,15}$/)
    .transform((text) => text.split(':').map(Number) as [number, number]);
  const querystring = z.object({ attempt, from });
  app.get(
    '/jobs/:id/events',
    { ...streaming, config: readers, schema: { hide: true, params, querystring } },
    async (request, reply) => {
      const { id } = request.params;
      const { attempt: asked } = request.query;
      const again = from.safeParse(request.headers['last-event-id']);
      const tail = new LogTail(files, ...(again.success ? again.data : request.query.from));
      const changed = changesOf();
      return sendEvents(reply, service, `job ${id}`, async () => {
        const shown = await shownAttempt(views, id, asked);
        const parts = changed(await jobParts(store, shown));
        const log = await tail.next(shown);
        const changes = [...parts, ...log.changes, ...changed({ 'log-partial': log.partial })];
        return changes.length > 0 ? { id: tail.place, changes } : undefined;
      });
    },
  );
}

function addActs(app: App, service: Service): void {
  /** What is done with a job, and the word with which its page tells that it was. */
  const acts = {
    pin: [(id: string) => pinJob(service, id, true), 'pinned'],
    unpin: [(id: string) => pinJob(service, id, false), 'unpinned'],
    cancel: [(id: string) => actOnJob(service, id, 'cancel'), 'cancelled'],
    retry: [(id: string) => actOnJob(service, id, 'retry'), 'retried'],
    'retry-failed': [(id: string) => actOnJob(service, id, 'retry', { failed: true }), 'retried'],
  } as const;
  for (const [name, [act, done]] of Object.entries(acts)) {
    app.post(
      `/jobs/:id/${name}`,
      { config: { roles: ['submit'] }, schema: { hide: true, params } },
      async (request, reply) => {
        const { id } = request.params;
        await act(id);
        return reply.redirect(`/jobs/${encodeURIComponent(id)}?done=${done}`, 303);
      },
    );
  }
}
