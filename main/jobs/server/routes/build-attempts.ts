import type { Readable } from 'node:stream';
import { z } from 'zod';
import { buildSpec } from '../../recipe-protocol.ts';
import { Attempts } from '../attempts.ts';
import { attemptOf } from '../builds.ts';
import { maskedBody } from '../masked-body.ts';
import type { App, Routes, Service } from '../service.ts';

const anyone = { roles: ['anyone'] as const };
const nothing = { 204: z.null() };
const params = z.object({ token: z.string() });

/** What a worker that has nothing of ours says of one attempt at a build, by that attempt's own token. */
export const buildAttemptRoutes: Routes = (app, service) => {
  // What a build leaves is bytes, whatever its sender calls them: curl has names of its own.
  app.register(async (scope) => {
    const inside = scope as App;
    inside.removeAllContentTypeParsers();
    inside.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    addPackage(inside, service);
    addEnd(inside, service);
    addLease(inside, service);
    addFiles(inside, service);
  });
};

/** The recipe's package, in which the task is. */
function addPackage(app: App, { store, files }: Service): void {
  app.get(
    '/api/builds/attempts/:token/package',
    { config: anyone, schema: { params } },
    async (request, reply) => {
      const { job } = await attemptOf(store, request.params.token);
      const row = store.selectFrom('jobs').select('spec').where('id', '=', job);
      const { package: sha256 } = buildSpec.parse((await row.executeTakeFirstOrThrow()).spec);
      return reply.type('application/octet-stream').send(files.packages.read(sha256));
    },
  );
}

/** What it came to; the body is its log. */
function addEnd(app: App, service: Service): void {
  const { store, limits } = service;
  const attempts = new Attempts(service);
  const querystring = z.strictObject({
    exit_code: z.coerce.number().int().min(0).max(255),
    /** How long it took; unless told, since it was claimed. */
    seconds: z.coerce.number().min(0).optional(),
  });
  app.post(
    '/api/builds/attempts/:token',
    { config: anyone, schema: { params, querystring, response: nothing } },
    async (request, reply) => {
      const { exit_code: exitCode, seconds } = request.query;
      const key = await attemptOf(store, request.params.token);
      await attempts.isOpen(key);
      if (request.body !== undefined && request.body !== null) {
        await attempts.addLog(key, await maskedBody(service, key.job, request.body), limits.artifact);
      }
      const took = seconds ?? (await attempts.secondsSinceItBegan(key));
      await attempts.settle(key, null, { exitCode, seconds: took }, exitCode === 0 ? 'pass' : 'fail');
      return reply.code(204).send(null);
    },
  );
}

/** It is still under way. */
function addLease(app: App, service: Service): void {
  const attempts = new Attempts(service);
  app.post(
    '/api/builds/attempts/:token/lease',
    { config: anyone, schema: { params, response: nothing } },
    async (request, reply) => {
      (request.body as Readable | undefined)?.resume();
      await attempts.renew(await attemptOf(service.store, request.params.token));
      return reply.code(204).send(null);
    },
  );
}

/** A file that it leaves. */
function addFiles(app: App, service: Service): void {
  const attempts = new Attempts(service);
  app.put(
    '/api/builds/attempts/:token/files/*',
    {
      config: anyone,
      schema: {
        params: params.extend({ '*': z.string() }),
        response: { 201: z.object({ sha256: z.string(), size: z.number() }) },
      },
    },
    async (request, reply) => {
      const { token, '*': path } = request.params;
      const key = await attemptOf(service.store, token);
      await attempts.isOpen(key);
      const body = await maskedBody(service, key.job, request.body);
      const came = await attempts.addArtifact(key, `files/${path}`, body);
      return reply.code(201).send(came);
    },
  );
}
