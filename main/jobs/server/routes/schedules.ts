import { z } from 'zod';
import { recipeName } from '../../recipe-protocol.ts';
import { newSchedule, scheduleView } from '../../schedule-protocol.ts';
import { Schedules } from '../schedules.ts';
import type { Routes } from '../service.ts';
import { checkScheduled } from '../submit-job.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const submitters = { roles: ['submit'] as const };
const params = z.object({ name: recipeName });

/** Schedules: jobs that are submitted over and over. */
export const scheduleRoutes: Routes = (app, service) => {
  const schedules = new Schedules(service);

  app.post(
    '/api/schedules',
    { config: submitters, schema: { body: newSchedule, response: { 201: scheduleView } } },
    async (request, reply) => {
      await checkScheduled(service, request.body);
      const view = await schedules.put({ ...request.body, submitter: request.holder?.name ?? '' });
      return reply.code(201).send(view);
    },
  );

  app.get(
    '/api/schedules',
    { config: readers, schema: { response: { 200: z.array(scheduleView) } } },
    async () => [...(await schedules.list())],
  );

  app.get(
    '/api/schedules/:name',
    { config: readers, schema: { params, response: { 200: scheduleView } } },
    (request) => schedules.find(request.params.name),
  );

  const nothing = { 204: z.null() };
  app.delete(
    '/api/schedules/:name',
    { config: submitters, schema: { params, response: nothing } },
    async (request, reply) => {
      await schedules.remove(request.params.name);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/schedules/:name/pause',
    { config: submitters, schema: { params, response: nothing } },
    async (request, reply) => {
      await schedules.pause(request.params.name);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/api/schedules/:name/resume',
    { config: submitters, schema: { params, response: nothing } },
    async (request, reply) => {
      await schedules.resume(request.params.name);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/api/schedules/:name/run',
    { config: submitters, schema: { params, response: { 201: z.object({ id: z.string() }) } } },
    async (request, reply) => {
      const { jobs, matrix } = await schedules.run(request.params.name, request.holder?.name ?? '');
      return reply.code(201).send({ id: matrix ?? jobs[0] ?? '' });
    },
  );
};
