import cookie from '@fastify/cookie';
import formBody from '@fastify/formbody';
import { fastifySSE } from '@fastify/sse';
import { nothingThere, Problem, problemOf, sendProblem } from '../server/problem.ts';
import type { App, Service } from '../server/service.ts';
import { assetRoutes } from './assets.ts';
import { endWithSession } from './end-with-session.ts';
import { enterBySession } from './enter.ts';
import { eventStreams } from './events.ts';
import { page, sectionOf } from './render.ts';
import { evidencePages } from './routes/evidence.ts';
import { historyPages } from './routes/history.ts';
import { jobPages } from './routes/job.ts';
import { jobListPages } from './routes/jobs.ts';
import { logPages } from './routes/log.ts';
import { loginPages } from './routes/login.ts';
import { quotaPages } from './routes/quotas.ts';
import { recipePages } from './routes/recipes.ts';
import { schedulePages } from './routes/schedules.ts';
import { tokenPages } from './routes/tokens.ts';
import { userPages } from './routes/users.ts';
import { workerPages } from './routes/workers.ts';

const pageRoutes = [
  ...[loginPages, jobListPages, jobPages, logPages, evidencePages],
  ...[workerPages, recipePages, schedulePages, historyPages, tokenPages, userPages],
  quotaPages,
];

/** The pages of a server, for people with a browser; they work without its scripts, but for what is live. */
export async function addPages(app: App, service: Service, tell: (line: string) => void): Promise<void> {
  await app.register(cookie);
  await app.register(fastifySSE, eventStreams);
  await app.register(formBody, { bodyLimit: 256 * 1024 });
  enterBySession(app, service);
  endWithSession(app, service);
  // A trial database is told on every page.
  const { about } = service.database;
  app.decorate('about', about.startsWith('trial') ? about : '');
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const { status, detail } = problemOf(error);
    if (status >= 500) tell(`${request.method} ${request.url}: ${error.stack ?? error.message}`);
    const back = sectionOf(request.url);
    return page(request, reply.code(status), 'problem', { title: titleOf(status), detail, status, back });
  });
  assetRoutes(app);
  app.get(
    '/',
    { config: { roles: ['read', 'submit', 'worker'] }, schema: { hide: true } },
    (_request, reply) => reply.redirect('/jobs', 303),
  );
  for (const routes of pageRoutes) routes(app, service);
  // A person who mistyped an address is told so by a page, a program as everywhere.
  app.get('/*', { config: { roles: ['anyone'] }, schema: { hide: true } }, (request, reply) => {
    const isPerson = request.headers.accept?.includes('text/html') && !request.url.startsWith('/api/');
    if (!isPerson) return sendProblem(reply, 404, nothingThere);
    const [path = ''] = request.url.split('?');
    throw new Problem(404, `there is no page ${path}`);
  });
}

const titleOf = (status: number): string =>
  ({ 401: 'Not logged in', 403: 'Not allowed', 404: 'Not found', 409: 'Too late' })[status] ??
  (status < 500 ? 'Refused' : 'The server failed');
