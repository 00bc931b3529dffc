import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { MaskedStream } from '../../../secrets/mask-stream.ts';
import { Secrets } from '../../../secrets/secrets.ts';
import { now } from '../../queue/attempt-rows.ts';
import type { AttemptKey } from '../../queue/queued-job.ts';
import { buildSpec, buildView, claimedBuild as claimedBuildView } from '../../recipe-protocol.ts';
import { Attempts } from '../attempts.ts';
import {
  attemptOf,
  claimedBuild,
  hasForgottenSecrets,
  oldestBuild,
  shellLines,
  workerIdOf,
} from '../builds.ts';
import { streamOf, unbroken } from '../files.ts';
import { originOf } from '../origin-of.ts';
import { Problem } from '../problem.ts';
import type { App, Routes, Service } from '../service.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const workers = { roles: ['worker'] as const };
const nothing = { 204: z.null() };

const words = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform((said) => [said].flat());
const wants = z.strictObject({ label: words, platform: words });

/** Builds for workers that have nothing of ours: a shell and curl will do. */
export const buildRoutes: Routes = (app, service) => {
  const { store, claims, vault } = service;

  app.get(
    '/api/builds/oldest_not_executed',
    {
      config: readers,
      schema: { querystring: wants, response: { 200: buildView, ...nothing } },
    },
    async (request, reply) => {
      const { label: labels, platform: platforms } = request.query;
      const found = await oldestBuild(store, { jobtypes: ['build'], platforms, labels });
      if (!found) return reply.code(204).send(null);
      const { job, name, spec } = found;
      const build_package_url = `${originOf(request)}/api/packages/${spec.package}`;
      return reply.code(200).send({ ...spec, job, name, build_package_url });
    },
  );

  const claim = wants.extend({
    /** What the worker is called; unless told, as its token is. */
    worker: z.string().min(1).max(200).optional(),
    /** Of its choosing; the same one again gives the same build. */
    request: z.string().min(1).max(200).optional(),
    wait: z.coerce.number().min(0).max(60).default(0),
    /** Seconds that the build may take without another word. */
    lease: z.coerce.number().min(1).max(604_800).default(3600),
  });
  const answers = { 200: z.union([claimedBuildView, z.string()]), ...nothing };
  app.post(
    '/api/builds/oldest_not_executed',
    { config: workers, schema: { querystring: claim, response: answers } },
    async (request, reply) => {
      const { worker: called, request: id, wait, lease, label: labels, platform: platforms } = request.query;
      const holder = request.holder ?? { id: '', name: '' };
      const worker = workerIdOf(holder.id, called ?? holder.name);
      const capabilities = { jobtypes: ['build'], platforms, labels };
      const row = { id: worker, name: called ?? holder.name, token: holder.id };
      await introduce(service, { ...row, capabilities: JSON.stringify(capabilities) }, lease);
      const wishes = {
        worker,
        token: holder.id,
        request: `${worker} ${id ?? randomUUID()}`,
        leaseSeconds: lease,
      };
      const found = await claims.take(wishes, wait, reply.raw);
      if (!found) return reply.code(204).send(null);
      const secrets = [...(await vault.open(found.job))];
      const claimed = await claimedBuild(store, found, originOf(request));
      const build = { ...claimed, ...(secrets.length > 0 ? { secrets } : {}) };
      if (!/\bshell/.test(request.headers.accept ?? '')) return reply.code(200).send(build);
      return reply.code(200).type('text/x-shellscript').send(shellLines(build));
    },
  );

  // What a build leaves is bytes, whatever its sender calls them: curl has names of its own.
  app.register(async (inside) => {
    inside.removeAllContentTypeParsers();
    inside.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    attemptRoutesOf(inside as App, service);
  });
};

/** For one attempt each, by its own token. */
function attemptRoutesOf(app: App, service: Service): void {
  const { store, files, limits, vault } = service;
  const attempts = new Attempts(service);
  /** What a build leaves, without its secrets: its worker may be a few lines of shell. */
  const masked = async ({ job }: AttemptKey, body: unknown): Promise<Readable> => {
    const secrets = (await vault.open(job)).map(({ name, value }) => [name, value] as const);
    const came = streamOf(body);
    if (secrets.length === 0) {
      if (await hasForgottenSecrets(store, job))
        throw new Problem(409, `job ${job} is over and its secrets are forgotten: this could not be masked`);
      return came;
    }
    const stream = new MaskedStream(new Secrets(Object.fromEntries(secrets)));
    const passed = async function* () {
      for await (const piece of unbroken(came)) yield stream.write(piece);
      yield stream.end();
    };
    return Readable.from(passed());
  };
  const anyone = { roles: ['anyone'] as const };
  const params = z.object({ token: z.string() });

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

  const result = z.strictObject({
    exit_code: z.coerce.number().int().min(0).max(255),
    /** How long it took; unless told, since it was claimed. */
    seconds: z.coerce.number().min(0).optional(),
  });
  app.post(
    '/api/builds/attempts/:token',
    { config: anyone, schema: { params, querystring: result, response: nothing } },
    async (request, reply) => {
      const { exit_code: exitCode, seconds } = request.query;
      const key = await attemptOf(store, request.params.token);
      await attempts.isOpen(key);
      if (request.body !== undefined && request.body !== null) {
        await attempts.addLog(key, await masked(key, request.body), limits.artifact);
      }
      const took = seconds ?? (await attempts.secondsSinceItBegan(key));
      await attempts.settle(key, null, { exitCode, seconds: took }, exitCode === 0 ? 'pass' : 'fail');
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/builds/attempts/:token/lease',
    { config: anyone, schema: { params, response: nothing } },
    async (request, reply) => {
      (request.body as Readable | undefined)?.resume();
      await attempts.renew(await attemptOf(store, request.params.token));
      return reply.code(204).send(null);
    },
  );

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
      const key = await attemptOf(store, token);
      await attempts.isOpen(key);
      const came = await attempts.addArtifact(key, `files/${path}`, await masked(key, request.body));
      return reply.code(201).send(came);
    },
  );
}

/**
 * A worker that introduces itself with each claim is one worker, alive as long as what it asked for lasts.
 */
async function introduce(
  { store }: Service,
  worker: { id: string; name: string; token: string; capabilities: string },
  lease: number,
): Promise<void> {
  const beat_seconds = Math.max(60, lease);
  // As many as it asks for: one whose answer was lost does not wait for the end of that lease.
  const slots = 1000;
  const { capabilities } = worker;
  await store
    .insertInto('workers')
    .values({ ...worker, slots, client_info: '{}', beat_seconds })
    .onConflict((on) =>
      on.column('id').doUpdateSet({ capabilities, beat_seconds, left_at: null, seen_at: now }),
    )
    .execute();
}
