import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { artifactView } from '../../protocol.ts';
import type { Store } from '../../store/kysely-of.ts';
import { Problem } from '../problem.ts';
import type { App, Routes, Service } from '../service.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const params = z.object({ id: z.string() });
const bytes = 'application/octet-stream';

/** Bytes of a log in one answer. */
const pieceOfLog = 1024 * 1024;

/** What attempts left: logs and artifacts. */
export const evidenceRoutes: Routes = (app, service) => {
  addRoom(app, service);
  addLog(app, service);
  addArtifacts(app, service);
};

/** Whether there is room for so many bytes. */
function addRoom(app: App, { files }: Service): void {
  const amount = z.strictObject({ bytes: z.coerce.number().int().min(0) });
  app.get(
    '/api/room',
    { config: { roles: ['submit', 'worker'] }, schema: { querystring: amount, response: { 204: z.null() } } },
    async (request, reply) => {
      await files.mustHaveRoom(request.query.bytes);
      return reply.code(204).send(null);
    },
  );
}

/** A job's newest attempt, or the one asked for; `isOver` when nothing more will be said in it. */
async function attemptAt(store: Store, id: string, asked?: number) {
  const job = await store.selectFrom('jobs').select('state').where('id', '=', id).executeTakeFirst();
  if (!job) throw new Problem(404, `there is no job ${id}`);
  const attempts = store.selectFrom('attempts').select(['number', 'ended_at']).where('job', '=', id);
  const attempt = await (asked === undefined ? attempts : attempts.where('number', '=', asked))
    .orderBy('number', 'desc')
    .executeTakeFirst();
  const jobIsOver = job.state !== 'queued' && job.state !== 'running';
  return { isOver: jobIsOver || (asked !== undefined && !!attempt?.ended_at), number: attempt?.number };
}

/** A piece of a log, waited for if that is wished. */
function addLog(app: App, { store, files, signals, closing }: Service): void {
  const query = z.strictObject({
    attempt: z.coerce.number().int().min(1).optional(),
    offset: z.coerce.number().int().min(0).default(0),
    /** Seconds to wait for more than there is. */
    wait: z.coerce.number().min(0).max(60).default(0),
  });
  app.get(
    '/api/jobs/:id/log',
    { config: readers, schema: { params, querystring: query } },
    async (request, reply) => {
      const { id } = request.params;
      const { attempt: asked, offset, wait } = request.query;
      const look = async () => {
        const { isOver, number = asked ?? 1 } = await attemptAt(store, id, asked);
        const size = await files.logSize({ job: id, number });
        return size > offset || isOver ? { number, size, isOver } : undefined;
      };
      const found = await signals.until(`job ${id}`, wait, closing, look);
      const end = Math.min(found?.size ?? offset, offset + pieceOfLog);
      const isAll = found?.isOver === true && end >= found.size;
      const number = found?.number ?? asked ?? 1;
      reply.type(bytes).headers({ 'x-attempt': number, 'x-next-offset': end, 'x-over': String(isAll) });
      if (!found || end <= offset) return reply.send(Buffer.alloc(0));
      return reply.send(files.readLog({ job: id, number: found.number }, offset, end));
    },
  );
}

/** Which files an attempt left, and one of them. */
function addArtifacts(app: App, { store, files }: Service): void {
  const list = z.array(artifactView);
  app.get(
    '/api/jobs/:id/artifacts',
    { config: readers, schema: { params, response: { 200: list } } },
    async (request) => {
      await attemptAt(store, request.params.id);
      return await store
        .selectFrom('artifacts')
        .select(['attempt', 'path', 'sha256', 'size'])
        .where('job', '=', request.params.id)
        .orderBy('attempt')
        .orderBy('path')
        .execute();
    },
  );
  app.get(
    '/api/jobs/:id/attempts/:number/artifacts/*',
    {
      config: readers,
      schema: { params: params.extend({ number: z.coerce.number().int(), '*': z.string() }) },
    },
    async (request, reply) => {
      const { id, number, '*': path } = request.params;
      const found = await store
        .selectFrom('artifacts')
        .select('size')
        .where('job', '=', id)
        .where('attempt', '=', number)
        .where('path', '=', path)
        .executeTakeFirst();
      if (!found) throw new Problem(404, `attempt ${number} at job ${id} left no ${path}`);
      // What a job under test wrote is nothing that a browser should run in our name.
      reply.headers({
        'content-security-policy': 'sandbox',
        'x-content-type-options': 'nosniff',
        'content-disposition': 'attachment',
        'content-length': found.size,
      });
      return reply.type(bytes).send(createReadStream(files.artifact({ job: id, number }, path)));
    },
  );
}
