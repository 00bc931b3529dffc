import { z } from 'zod';
import { actOnJob, pinJob } from '../../server/act-on-job.ts';
import type { Routes } from '../../server/service.ts';
import { Views } from '../../server/views.ts';
import { artifactsOf, level } from '../artifacts.ts';
import { type Change, changesOf, sendEvents, streaming } from '../events.ts';
import { windowBefore, windowFrom } from '../log/log-window.ts';
import { type ShownAttempt, shownAttempt } from '../one-attempt.ts';
import { fragment, page } from '../render.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const params = z.object({ id: z.string() });
const attempt = z.coerce.number().int().min(1).optional();

/** Bytes of a log that a page shows when it is opened, and that come with one event. */
const [tailBytes, pieceBytes] = [64 * 1024, 256 * 1024];

/** One job: what it is, what it comes to, and what is done with it. */
export const jobPages: Routes = (app, service) => {
  const { store, files } = service;
  const views = new Views(store);

  /** What of a page changes while it is looked at, but for the log. */
  const parts = async ({ job, number, isOver }: ShownAttempt) => {
    const artifacts = await artifactsOf(store, job.id, number);
    const report = artifacts.find(({ path }) => path === 'run/report.html');
    const progress = job.attempts.find((each) => each.number === number)?.progress;
    return {
      'job-summary': fragment('job/summary', { job, number, isOver }),
      'job-suite': progress?.suite ? fragment('job/suite', { suite: progress.suite, isOver }) : '',
      'job-progress': progress ? fragment('job/progress', { progress }) : '',
      'job-attempts': fragment('job/attempts', { job, number }),
      'job-artifacts': fragment('job/artifacts', { job, number, entries: level(artifacts, ''), folder: '' }),
      'job-report': report ? fragment('job/report', { job, number }) : '',
    };
  };

  app.get(
    '/jobs/:id',
    { config: readers, schema: { hide: true, params, querystring: z.object({ attempt }) } },
    async (request, reply) => {
      const shown = await shownAttempt(views, request.params.id, request.query.attempt);
      const { job, number } = shown;
      const log = await windowBefore(files.logFile({ job: job.id, number }), undefined, tailBytes);
      const where = new URLSearchParams({ from: `${number}:${log.to}` });
      if (request.query.attempt !== undefined) where.set('attempt', String(number));
      const events = `/jobs/${encodeURIComponent(job.id)}/events?${where}`;
      const title = job.name;
      return page(request, reply, 'job/page', {
        ...{ title, section: 'jobs', events, styles: ['log.css'], scripts: ['log.mjs'] },
        ...{ ...shown, log, parts: await parts(shown) },
      });
    },
  );

  const from = z
    .string()
    .regex(/^\d{1,9}:\d{1,15}$/)
    .transform((text) => text.split(':').map(Number) as [number, number]);
  app.get(
    '/jobs/:id/events',
    {
      ...streaming,
      config: readers,
      schema: { hide: true, params, querystring: z.object({ attempt, from }) },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { attempt: asked } = request.query;
      const again = from.safeParse(request.headers['last-event-id']);
      let [current, offset] = again.success ? again.data : request.query.from;
      const changed = changesOf();
      return sendEvents(reply, service, `job ${id}`, async () => {
        const shown = await shownAttempt(views, id, asked);
        const changes: Change[] = [...changed(await parts(shown))];
        if (shown.number !== current) {
          [current, offset] = [shown.number, 0];
          changes.push({ target: 'log-tail', html: '', how: 'innerHTML' });
        }
        const file = files.logFile({ job: id, number: current });
        if ((await files.logSize({ job: id, number: current })) - offset > 4 * pieceBytes) {
          // It talks faster than one reads: its end is what counts, the rest comes when it is asked for.
          const tail = await windowBefore(file, undefined, tailBytes);
          const html = fragment('log/window', { id, number: current, log: tail, at: undefined });
          changes.push({ target: 'log-tail', html, how: 'innerHTML' });
          offset = tail.to;
        }
        const log = await windowFrom(file, offset, pieceBytes, shown.isOver);
        if (log.lines.length > 0) {
          changes.push({ target: 'log-tail', html: fragment('log/lines', { log }), how: 'beforeend' });
        }
        changes.push(...changed({ 'log-partial': log.partial }));
        offset = log.to;
        return changes.length > 0 ? { id: `${current}:${offset}`, changes } : undefined;
      });
    },
  );

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
};
