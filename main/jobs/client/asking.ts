import { Readable } from 'node:stream';
import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { retry } from '../../../common/retry.ts';
import { RefusedError, refusedBy } from './refused.ts';

/** Whether the server said that it cannot do it now, or no server said anything: it may be asked again. */
export const mayBeAskedAgain = (error: unknown): boolean =>
  !(error instanceof RefusedError) || error.status >= 500;

/** Whether a server said that its disk is full. */
const isFull = (error: unknown): boolean => error instanceof RefusedError && error.status === 507;

/** ms until a server is asked again: a full disk is not emptied in a moment. */
const pauseAfter = (attempt: number, error: unknown): number =>
  isFull(error) ? Math.min(60_000, 1000 * 2 ** attempt) : Math.min(2000, 100 * 2 ** attempt);

export interface ApiOptions {
  /**
   * `http://host:port`; several, parted by commas, where they share a database: the next one is asked when
   * one does not answer.
   */
  readonly server: string;
  readonly token: string;
  /** Seconds for which servers that do not answer are asked again; 0 for each of them once. */
  readonly patience?: number;
  /** Seconds of silence, beyond what a request may wait for, after which a server does not answer. */
  readonly answerWithin?: number | undefined;
  /** Is told what failed, once until a server answers, when patience begins. */
  readonly onSilence?: (error: Error) => void;
  /** Is told when a server answers after that. */
  readonly onAnswer?: () => void;
  /** Ends all that is asked. */
  readonly signal?: AbortSignal | undefined;
}

export interface Request {
  readonly json?: unknown;
  /** Makes the body anew for each attempt to send it. */
  readonly stream?: () => Readable | Uint8Array;
  /**
   * Bytes of that: what does not fit on a server's disk is not sent again until the server has room for it.
   */
  readonly size?: number | undefined;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
  /** Seconds that the server is asked to hold its answer back. */
  readonly wait?: number | undefined;
  /** Instead of the usual `answerWithin`. */
  readonly within?: number | undefined;
}

/** Seconds: a network that drops all would be waited for without end. */
const usuallyWithin = 60;

type Read<T> = (answer: Response) => Promise<T>;

function cannotBeRead({ url }: Response, error: unknown): never {
  const why = asShakedownError(error).message;
  const message = `the answer of the job server at ${new URL(url).origin} cannot be read: ${why}`;
  throw new ShakedownError({ message, hint: 'look whether it runs, and at its URL' });
}

/** Asks job servers over HTTP: one of them, and the next when that does not answer. */
export class Asking {
  readonly servers: readonly string[];
  readonly #token: string;
  readonly #patience: number;
  readonly #answerWithin: number;
  readonly #signal: AbortSignal | undefined;
  readonly #told: Pick<ApiOptions, 'onSilence' | 'onAnswer'>;
  #asked = 0;
  #isSilent = false;

  constructor(options: ApiOptions) {
    const { server, token, patience = 0, answerWithin = usuallyWithin, signal } = options;
    this.servers = server.split(',').map((each) => each.trim().replace(/\/+$/, ''));
    this.#token = token;
    this.#patience = patience;
    this.#answerWithin = answerWithin;
    this.#signal = signal;
    this.#told = options;
  }

  json = (method: string, path: string, request: Request = {}): Promise<unknown> =>
    this.ask(method, path, request, (answer) => answer.json());

  /**
   * Gives the answer, or what `read` makes of it, which is asked for again where its end does not come.
   * Throws RefusedError for a refusal, ShakedownError when none answers for as long as the patience lasts.
   */
  ask(method: string, path: string, request?: Request): Promise<Response>;
  ask<T>(method: string, path: string, request: Request, read: Read<T>): Promise<T>;
  ask(
    method: string,
    path: string,
    request: Request = {},
    read: Read<unknown> = async (answer) => answer,
  ): Promise<unknown> {
    const signal = this.#either(request.signal);
    let wasFull = false;
    const send = async () => {
      try {
        if (wasFull && request.size !== undefined) await this.#room(request.size, request.signal);
        const answer = await this.once(method, path, request);
        return await read(answer).catch((error: unknown) => cannotBeRead(answer, error));
      } catch (error) {
        wasFull = isFull(error);
        throw error;
      }
    };
    const each = () =>
      retry(send, {
        signal,
        times: this.servers.length,
        delayMs: 0,
        when: mayBeAskedAgain,
      });
    return retry(() => this.#telling(each()), {
      signal,
      within: this.#patience,
      delayMs: pauseAfter,
      when: mayBeAskedAgain,
    });
  }

  /** Asks one server, whatever the patience. After a failure, the next one is asked next. */
  async once(method: string, path: string, request: Request = {}): Promise<Response> {
    const asked = this.#asked;
    try {
      return await this.#send(this.servers[asked] ?? '', method, path, request);
    } catch (error) {
      // Others who ask at the same time may have gone on already.
      if (mayBeAskedAgain(error) && this.#asked === asked) this.#asked = (asked + 1) % this.servers.length;
      throw error;
    }
  }

  /** The answer; tells of the first one that did not come, and of the first that came after it. */
  async #telling<T>(asked: Promise<T>): Promise<T> {
    const answer = await asked.catch((error: unknown) => {
      if (!this.#isSilent && error instanceof ShakedownError && mayBeAskedAgain(error)) {
        this.#isSilent = true;
        this.#told.onSilence?.(error);
      }
      throw error;
    });
    if (this.#isSilent) this.#told.onAnswer?.();
    this.#isSilent = false;
    return answer;
  }

  /** Throws RefusedError when the server that is asked next has no room for so many bytes. */
  async #room(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.once('GET', `/api/room?bytes=${bytes}`, { signal });
    } catch (error) {
      // An older server cannot say: sending it is the only way to know.
      if (mayBeAskedAgain(error)) throw error;
    }
  }

  #either(signal: AbortSignal | undefined): AbortSignal | undefined {
    return signal && this.#signal ? AbortSignal.any([signal, this.#signal]) : (signal ?? this.#signal);
  }

  async #send(server: string, method: string, path: string, request: Request): Promise<Response> {
    const { json, stream, headers, wait = 0, within = this.#answerWithin } = request;
    const signal = this.#either(request.signal);
    const silence = new Silence(wait + within);
    const whole = stream ? stream() : json === undefined ? undefined : JSON.stringify(json);
    const body = whole instanceof Readable ? silence.brokenBy(whole) : whole;
    const type = stream ? 'application/octet-stream' : 'application/json';
    const answer = await fetch(server + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body, duplex: 'half' }),
      signal: AbortSignal.any([signal, silence.signal].filter((each) => each !== undefined)),
    } as unknown as RequestInit)
      .catch((error: Error) => {
        signal?.throwIfAborted();
        const cause = error.cause instanceof Error ? error.cause.message : error.message;
        const why = silence.signal.aborted ? `nothing came for ${wait + within} s` : cause;
        const hint = 'look whether it runs, and at its URL';
        throw new ShakedownError({ message: `the job server at ${server} does not answer: ${why}`, hint });
      })
      .finally(() => silence.over());
    if (answer.ok) return answer;
    throw await refusedBy(answer, { server, method, path });
  }
}

/** Aborts its signal after so many seconds in which nothing happened. */
class Silence {
  readonly #aborting = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(seconds: number) {
    this.#timer = setTimeout(() => this.#aborting.abort(), seconds * 1000);
  }

  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  /** The same bytes, each of which is something that happened. */
  brokenBy(stream: Readable): Readable {
    const timer = this.#timer;
    const watched = async function* () {
      for await (const chunk of stream) {
        timer.refresh();
        yield chunk;
      }
    };
    return Readable.from(watched());
  }

  over(): void {
    clearTimeout(this.#timer);
  }
}
