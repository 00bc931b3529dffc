import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { TokenHolder } from '../../accounts/tokens.ts';
import type { Store } from '../../store/kysely-of.ts';
import { now } from '../../store/now.ts';
import {
  beatAnswer,
  claimAnswer,
  claimRequest,
  protocolVersion,
  registration,
  workerView,
} from '../../worker-protocol.ts';
import { claimedBuild } from '../builds.ts';
import { originOf } from '../origin-of.ts';
import { Problem } from '../problem.ts';
import type { App, Routes, Service } from '../service.ts';
import { Views } from '../views.ts';
import { foreignWorker } from '../workers/claims.ts';
import { standingOf } from '../workers/standing.ts';

const workers = { roles: ['worker'] as const };
const readers = { roles: ['read', 'submit', 'worker'] as const };
const params = z.object({ id: z.string() });

/** What a worker says of itself: how it comes and goes, and how it comes to its jobs. */
export const workerRoutes: Routes = (app, service) => {
  addList(app, service);
  addRegistration(app, service);
  addBeat(app, service);
  addLeave(app, service);
  addClaim(app, service);
};

function addList(app: App, { store }: Service): void {
  app.get('/api/workers', { config: readers, schema: { response: { 200: z.array(workerView) } } }, () =>
    new Views(store).workers(),
  );
}

function addRegistration(app: App, { store }: Service): void {
  const registered = z.object({ id: z.string() });
  app.post(
    '/api/workers',
    { config: workers, schema: { body: registration, response: { 201: registered } } },
    async (request, reply) => {
      const { protocol, name, capabilities, slots, beatSeconds, client_info } = request.body;
      if (protocol !== protocolVersion) {
        const message = `the worker speaks version ${protocol} of the protocol, this server ${protocolVersion}`;
        const older = protocol < protocolVersion ? 'where the worker runs' : 'where the server runs';
        throw new Problem(400, `${message}: update shakedown ${older}`);
      }
      const id = randomUUID();
      const texts = { capabilities: JSON.stringify(capabilities), client_info: JSON.stringify(client_info) };
      await store
        .insertInto('workers')
        .values({ id, name, slots, beat_seconds: beatSeconds, token: request.holder?.id ?? '', ...texts })
        .execute();
      return reply.code(201).send({ id });
    },
  );
}

/** It lives, and does what it says of itself. */
function addBeat(app: App, { store }: Service): void {
  const beat = z.strictObject({ client_info: z.looseObject({}).optional() });
  app.post(
    '/api/workers/:id/beat',
    { config: workers, schema: { params, body: beat, response: { 200: beatAnswer } } },
    async (request) => {
      const { client_info } = request.body;
      const { id } = request.params;
      const said = client_info ? { client_info: JSON.stringify(client_info) } : {};
      await seen(store, id, request.holder, said);
      const { draining, pause } = await standingOf(store, id);
      return { draining, pause };
    },
  );
}

function addLeave(app: App, { store }: Service): void {
  app.delete(
    '/api/workers/:id',
    { config: workers, schema: { params, response: { 204: z.null() } } },
    async (request, reply) => {
      await seen(store, request.params.id, request.holder, { left_at: now });
      return reply.code(204).send(null);
    },
  );
}

/** A job for it, waited for if that is wished. */
function addClaim(app: App, { store, claims, vault }: Service): void {
  app.post(
    '/api/claims',
    { config: workers, schema: { body: claimRequest, response: { 200: claimAnswer, 204: z.null() } } },
    async (request, reply) => {
      const { worker, request: id, wait, lease: leaseSeconds } = request.body;
      const wishes = { worker, token: request.holder?.id ?? '', request: id, leaseSeconds };
      const claim = await claims.take(wishes, wait, reply.raw);
      if (!claim) return reply.code(204).send(null);
      const secrets = [...(await vault.open(claim.job))];
      const withSecrets = { ...claim, ...(secrets.length > 0 ? { secrets } : {}) };
      if (claim.type !== 'build') return reply.code(200).send(withSecrets);
      const build = await claimedBuild(store, claim, originOf(request));
      return reply.code(200).send({ ...withSecrets, build });
    },
  );
}

/** Throws Problem: 404 for one that has left or never was, 403 for one that came with another token. */
async function seen(
  store: Store,
  id: string,
  holder: TokenHolder | undefined,
  more: { client_info?: string; left_at?: typeof now } = {},
): Promise<void> {
  const worker = await store
    .selectFrom('workers')
    .select('token')
    .where('id', '=', id)
    .where('left_at', 'is', null)
    .executeTakeFirst();
  if (!worker) throw new Problem(404, `there is no worker ${id}: register again`);
  if (worker.token !== holder?.id) throw foreignWorker(id);
  await store
    .updateTable('workers')
    .set({ seen_at: now, ...more })
    .where('id', '=', id)
    .execute();
}
