import type { Readable } from 'node:stream';
import { z } from 'zod';
import { resultReport } from '../../protocol.ts';
import { streamOf } from '../files.ts';
import { Problem } from '../problem.ts';
import type { Routes } from '../service.ts';

const workers = { roles: ['worker'] as const };
const params = z.object({ id: z.string(), number: z.coerce.number().int() });
const nothing = { 204: z.null() };

/** What a worker says of the attempt that it makes. What comes too late is refused with 409. */
export const attemptRoutes: Routes = (app, { queue, store, files, signals, limits }) => {
  const over = (job: string, number: number) =>
    new Problem(409, `attempt ${number} at job ${job} is over: lost, cancelled or settled`);

  app.post(
    '/api/jobs/:id/attempts/:number/lease',
    { config: workers, schema: { params, response: nothing } },
    async (request, reply) => {
      const { id, number } = request.params;
      if (!(await queue.beat({ job: id, number }))) throw over(id, number);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/jobs/:id/attempts/:number/result',
    { config: workers, schema: { params, body: resultReport, response: nothing } },
    async (request, reply) => {
      const { id, number } = request.params;
      const { result, verdict } = request.body;
      const came = await queue.settle({ job: id, number }, result, verdict);
      if (came === 'stale') throw over(id, number);
      signals.changed('queue');
      signals.changed(`job ${id}`);
      return reply.code(204).send(null);
    },
  );

  /** A cancelled attempt's evidence is welcome, that of one that was given up is not. */
  const mayAdd = async (job: string, number: number): Promise<void> => {
    const attempt = await store
      .selectFrom('attempts')
      .select('outcome')
      .where('job', '=', job)
      .where('number', '=', number)
      .executeTakeFirst();
    if (!attempt) throw new Problem(404, `there is no attempt ${number} at a job ${job}`);
    if (attempt.outcome === 'lost' || attempt.outcome === 'done') throw over(job, number);
  };

  const size = z.object({ size: z.number() });
  const log = z.strictObject({ offset: z.coerce.number().int().min(0) });
  app.post(
    '/api/jobs/:id/attempts/:number/log',
    { config: workers, schema: { params, querystring: log, response: { 200: size } } },
    async (request) => {
      const { id, number } = request.params;
      await mayAdd(id, number);
      const piece = await bytesOf(streamOf(request.body), 4 * 1024 * 1024);
      const whole = await files.append({ job: id, number }, request.query.offset, piece);
      signals.changed(`job ${id}`);
      return { size: whole };
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
      const { id, number, '*': path } = request.params;
      await mayAdd(id, number);
      const file = files.artifact({ job: id, number }, path);
      const digest = request.headers['x-sha256'];
      const told = typeof digest === 'string' ? digest : undefined;
      const came = await files.save(file, streamOf(request.body), limits.artifact, told);
      await store
        .insertInto('artifacts')
        .values({ job: id, attempt: number, path, ...came })
        .onConflict((on) => on.columns(['job', 'attempt', 'path']).doUpdateSet(came))
        .execute();
      return reply.code(201).send(came);
    },
  );
};

async function bytesOf(body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new Problem(413, `more than ${limit} bytes of log at once`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
