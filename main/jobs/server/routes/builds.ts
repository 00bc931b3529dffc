import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { buildView, claimedBuild as claimedBuildView } from '../../recipe-protocol.ts';
import { claimedBuild, oldestBuild, shellLines } from '../builds.ts';
import { originOf } from '../origin-of.ts';
import type { App, Routes, Service } from '../service.ts';
import { introduce } from '../workers/introduced-worker.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const workers = { roles: ['worker'] as const };
const nothing = { 204: z.null() };

const words = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform((said) => [said].flat());
const wants = z.strictObject({ label: words, platform: words });

/**
 * Builds for workers that have nothing of ours; a shell and curl will do. What
 * they say of them: build-attempts.
 */
export const buildRoutes: Routes = (app, service) => {
  addLook(app, service);
  addClaim(app, service);
};

const path = '/api/builds/oldest_not_executed';

/** The build that one would get. */
function addLook(app: App, { store }: Service): void {
  app.get(
    path,
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
}

const claim = wants.extend({
  /** What the worker is called; unless told, as its token is. */
  worker: z.string().min(1).max(200).optional(),
  /** Of its choosing; the same one again gives the same build. */
  request: z.string().min(1).max(200).optional(),
  wait: z.coerce.number().min(0).max(60).default(0),
  /** Seconds that the build may take without another word. */
  lease: z.coerce.number().min(1).max(604_800).default(3600),
});

/** Gets it, as JSON or as lines for a shell. */
function addClaim(app: App, { store, claims, vault }: Service): void {
  const answers = { 200: z.union([claimedBuildView, z.string()]), ...nothing };
  app.post(
    path,
    { config: workers, schema: { querystring: claim, response: answers } },
    async (request, reply) => {
      const { worker: called, request: id, wait, lease, label: labels, platform: platforms } = request.query;
      const holder = request.holder ?? { id: '', name: '' };
      const capabilities = { jobtypes: ['build'], platforms, labels };
      const worker = await introduce(store, { name: called ?? holder.name, capabilities, holder }, lease);
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
}
