import type { FastifyInstance, FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { version } from '../../../common/version.ts';
import { unknownAddress } from '../client/server-words.ts';
import { isDatabaseAway, isOutOfRoom } from '../databases/database-failures.ts';
import { plainly, schemaMistakes } from '../schema-mistakes.ts';

/** An answer that is an error, as RFC 9457 has it. */
export class Problem extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'No valid token',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Too late',
  413: 'Too large',
  415: 'Unknown media type',
  500: 'The server failed',
  503: 'Not now',
  507: 'No room left',
};

/** Makes every error of the server a problem, with nothing of its insides in it. */
export function answerProblems(app: FastifyInstance, tell: (line: string) => void): void {
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, nothingThere));
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const { status, detail } = problemOf(error);
    // The rest of its body is let go by, so that its sender gets to read the answer.
    request.raw.resume();
    // What is of this machine's making is told in a sentence; what is of ours with where it came from.
    if (status === 500) tell(`${request.method} ${request.url}: ${error.stack ?? error.message}`);
    else if (status > 500) tell(`${request.method} ${request.url}: ${error.message}`);
    return sendProblem(reply, status, detail);
  });
}

/** What a program is told that asks for what there is not, which it may know of another version. */
export const nothingThere = `${unknownAddress} of a job server of version ${version()}; /openapi.json lists what there is`;

/** Answers with a problem, for programs. */
export const sendProblem = (reply: FastifyReply, status: number, detail: string): FastifyReply =>
  reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: titles[status] ?? 'Refused', status, detail }));

/** What a person or program is told of an error. */
export function problemOf(error: Error & { statusCode?: number }): { status: number; detail: string } {
  if (error instanceof Problem) return { status: error.status, detail: error.message };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = (path: string) => (path === '' ? '' : `${path.slice(1).replaceAll('/', '.')}: `);
    const said = error.validation.map(
      ({ instancePath, message }) => `${where(instancePath)}${plainly(message ?? '')}`,
    );
    return { status: 400, detail: said.join('; ') };
  }
  if (isDatabaseAway(error)) return { status: 503, detail: 'the database does not answer: ask again' };
  if (isOutOfRoom(error)) return { status: 507, detail: 'the server has no room left on its disk' };
  const status = error.statusCode ?? 500;
  return { status, detail: status < 500 ? error.message : 'its log has more' };
}

/** What a schema makes of a value. Throws Problem that tells all that is wrong with it. */
export function readAs<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const came = schema.safeParse(value);
  if (came.success) return came.data;
  throw new Problem(400, schemaMistakes(came.error));
}

/** Makes a mistake that `act` finds in what was sent a Problem. */
export async function refusing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { message, hint } = error;
    throw new Problem(400, hint === undefined ? message : `${message} (${hint})`);
  }
}
