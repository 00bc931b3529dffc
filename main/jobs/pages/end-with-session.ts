import type { App, Service } from '../server/service.ts';

/** ms for which a page still hears what goes on after its session is over. */
const every = 3000;

/**
 * Ends streams of events whose session is over: its time is up, who had it has logged out or was removed, or
 * its token was revoked or has expired. The page asks again then, and is sent to log in.
 */
export function endWithSession(app: App, { accounts }: Service): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.headers.accept?.includes('text/event-stream') || request.holder?.id === 'open') return;
    const look = async (): Promise<void> => {
      if (!(await accounts.sessions.find(request.visit))) reply.raw.destroy();
    };
    // A database that is away for a moment says nothing of a session.
    const timer = setInterval(() => void look().catch(() => undefined), every);
    reply.raw.once('close', () => clearInterval(timer));
  });
}
