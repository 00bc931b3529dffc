import swagger from '@fastify/swagger';
import fastify from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { version } from '../../../common/version.ts';
import { serverTitle } from '../client/server-words.ts';
import { addPages } from '../pages/pages.ts';
import { keepable } from './keepable.ts';
import { answerProblems, Problem } from './problem.ts';
import { attemptRoutes } from './routes/attempts.ts';
import { buildAttemptRoutes } from './routes/build-attempts.ts';
import { buildRoutes } from './routes/builds.ts';
import { evidenceRoutes } from './routes/evidence.ts';
import { jobRoutes } from './routes/jobs.ts';
import { matrixRoutes } from './routes/matrices.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { packageRoutes } from './routes/packages.ts';
import { pauseRoutes } from './routes/pauses.ts';
import { quotaRoutes } from './routes/quotas.ts';
import { recipeRoutes } from './routes/recipes.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { testHistoryRoutes } from './routes/test-histories.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { userRoutes } from './routes/users.ts';
import { workerRoutes } from './routes/workers.ts';
import type { App, Service } from './service.ts';
import { checkRole, holderOfToken } from './who-asks.ts';

const apiRoutes = [
  ...[jobRoutes, workerRoutes, attemptRoutes, evidenceRoutes, tokenRoutes, userRoutes],
  ...[matrixRoutes, pauseRoutes, quotaRoutes, recipeRoutes, scheduleRoutes],
  ...[buildRoutes, buildAttemptRoutes, packageRoutes, testHistoryRoutes, metricsRoutes],
];

/** The HTTP side of a server; listens to nothing yet. */
export async function appOf(service: Service, tell: (line: string) => void): Promise<App> {
  const app = fastify({
    bodyLimit: 1024 * 1024,
    forceCloseConnections: true,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerProblems(app, tell);
  // Streamed by whoever takes it, which also counts its bytes.
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  app.decorateRequest('holder', undefined);
  app.addHook('preValidation', async (request) => {
    request.body = keepable(request.body);
    if (/%00/.test(request.url)) throw new Problem(400, 'an address has no NUL');
  });
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: serverTitle, version: version() } },
    transform: jsonSchemaTransform,
  });
  // Within a plugin, so that the routes come after the one that lists them.
  await app.register(async (inside) => {
    const scope = inside.withTypeProvider<ZodTypeProvider>();
    scope.addHook('onRequest', async (request) => {
      if (request.routeOptions.config.roles?.includes('anyone')) return;
      request.holder = await holderOfToken(request, service);
      checkRole(request, request.holder);
    });
    for (const routes of apiRoutes) routes(scope, service);
    const anyone = { config: { roles: ['anyone'] as const } };
    const ok = { response: { 200: z.object({ status: z.string() }) } };
    scope.get('/healthz', { ...anyone, schema: ok }, async () => ({ status: 'alive' }));
    scope.get('/readyz', { ...anyone, schema: ok }, async () => {
      await service.database.ask('SELECT 1').catch(() => {
        throw new Problem(503, 'the database does not answer');
      });
      return { status: 'ready' };
    });
    scope.get('/openapi.json', { ...anyone, schema: { hide: true } }, async () => app.swagger());
  });
  await app.register((inside) => addPages(inside.withTypeProvider<ZodTypeProvider>(), service, tell));
  return app;
}
