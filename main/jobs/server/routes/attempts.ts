import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { AttemptKey } from '../../queue/queued-job.ts';
import { eventsReport, resultReport } from '../../worker-protocol.ts';
import { Attempts } from '../attempts.ts';
import { streamOf, unbroken } from '../files.ts';
import { Problem } from '../problem.ts';
import type { App, Routes, Service } from '../service.ts';

const workers = { roles: ['worker'] as const };
const params = z.object({ id: z.string(), number: z.coerce.number().int() });
const nothing = { 204: z.null() };
const keyOf = ({ id, number }: z.infer<typeof params>): AttemptKey => ({ job: id, number });

/**
 * What a worker says of the attempt that it makes, by the token that it registered with.
 * What comes too late is refused with 409.
 */
export const attemptRoutes: Routes = (app, service) => {
  const attempts = new Attempts(service);
  leftRoutes(app, service, attempts);

  app.post(
    '/api/jobs/:id/attempts/:number/lease',
    { config: workers, schema: { params, response: nothing } },
    async (request, reply) => {
      const key = keyOf(request.params);
      await attempts.ofWorker(key, request.holder);
      await attempts.renew(key);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/jobs/:id/attempts/:number/result',
    { config: workers, schema: { params, body: resultReport, response: nothing } },
    async (request, reply) => {
      const key = keyOf(request.params);
      const { result, verdict } = request.body;
      await attempts.settle(key, request.holder, result, verdict);
      return reply.code(204).send(null);
    },
  );
};

/** What an attempt leaves while it lasts: its log, its events, its files. */
function leftRoutes(app: App, { files, signals }: Service, attempts: Attempts): void {
  const size = z.object({ size: z.number() });
  const log = z.strictObject({ offset: z.coerce.number().int().min(0) });
  app.post(
    '/api/jobs/:id/attempts/:number/log',
    { config: workers, schema: { params, querystring: log, response: { 200: size } } },
    async (request) => {
      const key = keyOf(request.params);
      await attempts.mayAdd(key, request.holder);
      const piece = await bytesOf(streamOf(request.body), 4 * 1024 * 1024);
      const whole = await files.append(key, request.query.offset, piece);
      signals.changed(`job ${key.job}`);
      return { size: whole };
    },
  );

  const count = z.object({ count: z.number() });
  app.post(
    '/api/jobs/:id/attempts/:number/events',
    { config: workers, schema: { params, body: eventsReport, response: { 200: count } } },
    async (request) => {
      const key = keyOf(request.params);
      await attempts.mayAdd(key, request.holder);
      const { from, events } = request.body;
      const known = await attempts.addEvents(key, from, events);
      signals.changed(`job ${key.job}`);
      return { count: known };
    },
  );

  const saved = z.object({ sha256: z.string(), size: z.number() });
  app.put(
    '/api/jobs/:id/attempts/:number/artifacts/*',
    {
      config: workers,
      schema: { params: params.extend({ '*': z.string() }), response: { 201: saved } },
    },
    async (request, reply) => {
      const { '*': path, ...params } = request.params;
      const key = keyOf(params);
      await attempts.mayAdd(key, request.holder);
      const digest = request.headers['x-sha256'];
      const told = typeof digest === 'string' ? digest : undefined;
      const came = await attempts.addArtifact(key, path, streamOf(request.body), told);
      return reply.code(201).send(came);
    },
  );
}

async function bytesOf(body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of unbroken(body)) {
    size += chunk.length;
    if (size > limit) throw new Problem(413, `more than ${limit} bytes of log at once`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
