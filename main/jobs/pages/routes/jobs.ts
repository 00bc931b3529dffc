import { z } from 'zod';
import { jobState } from '../../protocol.ts';
import { actOnJob } from '../../server/act-on-job.ts';
import type { Routes } from '../../server/service.ts';
import { Views } from '../../server/views.ts';
import { changesOf, sendEvents, streaming } from '../events.ts';
import { fragment, page } from '../render.ts';

const readers = ['read', 'submit', 'worker'] as const;
const states = jobState.options;
const rows = 50;

const said = z
  .string()
  .max(200)
  .optional()
  .transform((text) => text || undefined);
const query = z.object({
  // What a person's bookmark or a half-filled form says is no error.
  state: z.enum(states).optional().catch(undefined),
  type: said,
  label: said,
  submitter: said,
  matrix: said,
  pinned: z.literal('true').optional().catch(undefined),
  before: z.iso.datetime({ offset: true }).optional().catch(undefined),
});

/** All jobs, as they come and go. */
export const jobListPages: Routes = (app, service) => {
  const views = new Views(service.store);
  const list = async (filter: z.infer<typeof query>) => {
    const pinned = filter.pinned === undefined ? undefined : true;
    const found = await views.jobs({ ...filter, pinned, limit: rows + 1 });
    const jobs = found.slice(0, rows);
    const older = found.length > rows ? address({ ...filter, before: jobs.at(-1)?.createdAt }) : undefined;
    const counts = await views.counts();
    return {
      'job-counts': fragment('jobs/counts', { counts, filter, states, address }),
      'job-list': fragment('jobs/list', { jobs, older, filtered: address(filter) !== '/jobs' }),
    };
  };

  app.get(
    '/jobs',
    { config: { roles: readers }, schema: { hide: true, querystring: query } },
    async (request, reply) => {
      const filter = request.query;
      const parts = await list(filter);
      const events = address(filter, '/jobs/events');
      const known = await views.words();
      return page(request, reply, 'jobs/page', {
        title: 'Jobs',
        section: 'jobs',
        parts,
        filter,
        known,
        events,
        states,
      });
    },
  );

  app.get(
    '/jobs/events',
    { ...streaming, config: { roles: readers }, schema: { hide: true, querystring: query } },
    (request, reply) => {
      const changed = changesOf();
      return sendEvents(reply, service, 'queue', async () => {
        const changes = changed(await list(request.query));
        return changes.length > 0 ? { changes } : undefined;
      });
    },
  );

  const params = z.object({ id: z.string() });
  const acts = { 'retry-failed': ['retry', true], cancel: ['cancel', false] } as const;
  for (const [act, [kind, failed]] of Object.entries(acts)) {
    app.post(
      `/matrices/:id/${act}`,
      { config: { roles: ['submit'] }, schema: { hide: true, params } },
      async (request, reply) => {
        const { id } = request.params;
        await actOnJob(service, id, kind, { failed });
        const done = { cancel: 'cancelled', retry: 'retried' }[kind];
        return reply.redirect(`${address({ matrix: id })}&done=${done}`, 303);
      },
    );
  }
};

/** The list with these wishes. */
function address(filter: Record<string, unknown>, path = '/jobs'): string {
  const wishes = Object.entries(filter).filter(([, value]) => typeof value === 'string');
  const search = new URLSearchParams(wishes as [string, string][]).toString();
  return search === '' ? path : `${path}?${search}`;
}
