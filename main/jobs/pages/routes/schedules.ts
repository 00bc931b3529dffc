import { z } from 'zod';
import type { Submission } from '../../protocol.ts';
import { recipeName } from '../../recipe-protocol.ts';
import { newSchedule } from '../../schedule-protocol.ts';
import { Problem, readAs } from '../../server/problem.ts';
import { Recipes } from '../../server/recipes.ts';
import { Schedules } from '../../server/schedules.ts';
import type { Routes } from '../../server/service.ts';
import { checkScheduled } from '../../server/submit-job.ts';
import type { Store } from '../../store/kysely-of.ts';
import { begunPage } from '../begun-page.ts';
import { parameterLines } from '../form-parameters.ts';
import { wishedJobs, wishesIn, wishFields } from '../form-wishes.ts';
import { page } from '../render.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const submitters = { roles: ['submit'] as const };
const params = z.object({ name: recipeName });

const form = z.object({
  name: z.string().default(''),
  cron: z.string().default(''),
  zone: z.string().default('UTC'),
  missed: z.string().default('skip'),
  overlap: z.string().default(''),
  /** `job ID`, which is submitted again; or `task RECIPE TASK`. */
  what: z.string().max(500).default(''),
  parameters: z.string().max(20_000).default(''),
  ...wishFields,
});
type Form = z.output<typeof form>;

/** Jobs that are submitted over and over. */
export const schedulePages: Routes = (app, service) => {
  const { store } = service;
  const [schedules, recipes] = [new Schedules(service), new Recipes(service)];
  const data = async (fields: Form, wrong?: string) => {
    const [, id] = /^job (.+)$/.exec(fields.what) ?? [];
    const job = id === undefined ? undefined : await jobOf(store, id);
    return {
      ...{ title: 'Schedules', section: 'schedules', fields, wishes: wishesIn(fields), wrong, job },
      ...{ schedules: await schedules.list(), recipes: await recipes.list() },
      zones: Intl.supportedValuesOf('timeZone'),
    };
  };

  const asked = z.object({ job: z.string().max(200).optional() });
  app.get(
    '/schedules',
    { config: readers, schema: { hide: true, querystring: asked } },
    async (request, reply) => {
      const { job } = request.query;
      const fields = form.parse(job === undefined ? {} : { what: `job ${job}` });
      return page(request, reply, 'schedules', await data(fields));
    },
  );

  app.post(
    '/schedules',
    { config: submitters, schema: { hide: true, body: form } },
    async (request, reply) => {
      try {
        const { what, parameters, name, cron, zone, missed, overlap } = request.body;
        const wanted = await wishedJobs(await submissionOf(store, what, parameters), request.body);
        const when = { name, cron, zone, missed, overlap: overlap !== '' };
        await checkScheduled(service, wanted);
        const schedule = readAs(newSchedule, { ...when, ...wanted });
        await schedules.put({ ...schedule, submitter: request.holder?.name ?? '' });
      } catch (error) {
        if (!(error instanceof Problem) || error.status >= 500) throw error;
        return page(request, reply.code(error.status), 'schedules', await data(request.body, error.message));
      }
      return reply.redirect('/schedules?done=added', 303);
    },
  );

  for (const act of ['pause', 'resume', 'remove'] as const) {
    app.post(
      `/schedules/:name/${act}`,
      { config: submitters, schema: { hide: true, params } },
      async (request, reply) => {
        await schedules[act](request.params.name);
        return reply.redirect(`/schedules?done=${act === 'remove' ? 'removed' : 'changed'}`, 303);
      },
    );
  }

  app.post(
    '/schedules/:name/run',
    { config: submitters, schema: { hide: true, params } },
    async (request, reply) => {
      const begun = await schedules.run(request.params.name, request.holder?.name ?? '');
      return reply.redirect(begunPage(begun), 303);
    },
  );
};

/** What a form asks for: a job as it was submitted before, or a build. Throws Problem. */
async function submissionOf(store: Store, what: string, parameters: string): Promise<Submission> {
  const [, id] = /^job (.+)$/.exec(what) ?? [];
  if (id !== undefined) {
    const job = await jobOf(store, id);
    if (!job) throw new Problem(400, `there is no job ${id}`);
    if (job.spec.secrets !== undefined) {
      const why = 'the secrets of this job were deleted with its end';
      throw new Problem(400, `${why}: schedule it by \`shakedown schedules add\`, with --secret`);
    }
    const { id: _, notBefore: __, after: ___, ...again } = job.spec;
    return { ...again, type: job.type, name: job.name };
  }
  const [, recipe, task] = /^task (\S+) (\S+)$/.exec(what) ?? [];
  if (recipe === undefined) throw new Problem(400, 'say what shall be done: a task of a recipe');
  return { type: 'build', recipe, task, parameters: parameterLines(parameters) };
}

const jobOf = (store: Store, id: string) =>
  store.selectFrom('jobs').select(['id', 'name', 'type', 'spec']).where('id', '=', id).executeTakeFirst();
