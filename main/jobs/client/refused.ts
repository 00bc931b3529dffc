import { z } from 'zod';
import { ShakedownError } from '../../../common/errors.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import { version } from '../../../common/version.ts';
import { serverTitle, unknownAddress } from './server-words.ts';

/** Refused now, and perhaps not the next time: too slow, too early, too many at once. */
const laterStatus: ReadonlySet<number> = new Set([408, 425, 429]);

/** What a server refused: its HTTP status and its own sentence. */
export class RefusedError extends ShakedownError {
  readonly status: number;
  /** Whether it is what was asked that is wrong, not the server: asked again, it is refused again. */
  readonly #isMistake: boolean;

  constructor(
    status: number,
    message: string,
    hint?: string,
    isMistake = status < 500 && !laterStatus.has(status),
  ) {
    super(hint === undefined ? { message } : { message, hint });
    this.status = status;
    this.#isMistake = isMistake;
  }

  override get exitCode(): number {
    return this.#isMistake ? exitCodes.usage : super.exitCode;
  }
}

/** What was asked of which server. */
interface Asked {
  readonly server: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

/**
 * What a server's answer says that is no success. One that has no such address is asked for its version: it
 * is another one than ours, or no job server at all.
 */
export async function refusedBy(answer: Response, asked: Asked): Promise<RefusedError> {
  const { status } = answer;
  const { detail } = (await answer.json().catch(() => ({}))) as { readonly detail?: string };
  const isUnknown = status === 404 && (detail === undefined || detail.startsWith(unknownAddress));
  if (!isUnknown) {
    const hint = status === 401 ? 'a token of this server: --token …, or SHAKEDOWN_TOKEN' : undefined;
    return new RefusedError(status, `the job server refuses: ${detail ?? `HTTP ${status}`}`, hint);
  }
  const what = `${asked.method} ${asked.path.replace(/\?.*$/s, '')}`;
  const theirs = await versionOf(asked.server);
  if (theirs === undefined) {
    const message = `there is no job server of shakedown at ${asked.server}: it answers ${what} by HTTP 404`;
    return new RefusedError(status, message, 'look at the URL');
  }
  const [message, hint] = compared(theirs, version());
  return new RefusedError(
    status,
    `the job server at ${asked.server} does not know ${what}: ${message}`,
    hint,
    false,
  );
}

/** Why a server of version `theirs` does not know what a client of version `ours` asks for; what helps. */
function compared(theirs: string, ours: string): readonly [message: string, hint: string] {
  const order = theirs.localeCompare(ours, 'en', { numeric: true });
  const versions = `it is version ${theirs}, and this shakedown ${ours}`;
  if (order < 0) return [versions, `update shakedown where the server runs to ${ours}, and start it again`];
  if (order > 0) return [versions, `update shakedown here to ${theirs}`];
  return [
    `it says version ${theirs}, as this shakedown does, but was not made of the same sources`,
    'install the same shakedown on both',
  ];
}

const description = z.object({ info: z.object({ title: z.literal(serverTitle), version: z.string() }) });

/** Nothing where no job server of shakedown answers. */
async function versionOf(server: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${server}/openapi.json`, { signal: AbortSignal.timeout(5000) });
    return description.parse(await answer.json()).info.version;
  } catch {
    return undefined;
  }
}
