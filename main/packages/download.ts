import { randomUUID } from 'node:crypto';
import { closeSync, openSync, read, renameSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { fetchUpstream, type UpstreamOptions } from './fetch-upstream.ts';
import { problem } from './proxy-guard.ts';
import { arMagic, ContentCheck } from './whole-file.ts';

const readFrom = promisify(read);

/** Bytes that are read at once. */
const pieces = 64 * 1024;

/** What is known of a file before its bytes are here. */
export interface Beginning {
  /** Bytes; undefined where the mirror does not say. */
  readonly size: number | undefined;
  /** As the mirror says it. */
  readonly lastModified: string | undefined;
}

/**
 * A file on its way into `file`, where it appears whole. Whoever wants it reads along as it comes: apt takes
 * a proxy for dead that says nothing for 20 s, and a big package of a slow mirror takes longer.
 */
export class Download {
  /**
   * Resolves once the mirror has sent what may be the file. Rejects with the HTTP status that tells why not.
   */
  readonly begun: Promise<Beginning>;
  /** Resolves when it is over, however it ended. */
  readonly ended: Promise<void>;
  /** Where the bytes are by now. */
  #path: string;
  #written = 0;
  #over = false;
  #failure: unknown;
  #grown = Promise.withResolvers<void>();

  constructor(url: URL, file: string, options: UpstreamOptions) {
    this.#path = `${file}.${randomUUID()}.part`;
    const begun = Promise.withResolvers<Beginning>();
    begun.promise.catch(() => undefined);
    this.begun = begun.promise;
    const part = this.#path;
    this.ended = this.#fetch(url, file, options, begun.resolve)
      .catch(async (error) => {
        await rm(part, { force: true });
        this.#failure = error;
        begun.reject(error);
      })
      .then(() => {
        this.#over = true;
        this.#wake();
      });
  }

  /** All of its bytes, from the first; throws when no more of them will come. */
  async *bytes(): AsyncGenerator<Buffer> {
    // Opened by name at once: in a moment it may have its last one.
    const fd = openSync(this.#path, 'r');
    try {
      for (let at = 0; ; ) {
        const { promise } = this.#grown;
        if (at < this.#written) {
          const { bytesRead, buffer } = await readFrom(fd, Buffer.allocUnsafe(pieces), 0, pieces, at);
          if (bytesRead === 0) throw problem(502, 'what was downloaded is gone');
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        } else if (this.#failure !== undefined) {
          throw this.#failure;
        } else if (this.#over) {
          return;
        } else {
          await promise;
        }
      }
    } finally {
      closeSync(fd);
    }
  }

  #wake(): void {
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }

  async #fetch(
    url: URL,
    file: string,
    options: UpstreamOptions,
    begin: (beginning: Beginning) => void,
  ): Promise<void> {
    const upstream = await fetchUpstream(url, options);
    if (upstream.statusCode !== 200) throw refusalOf(url, upstream);
    const check = new ContentCheck(url);
    await using part = await open(this.#path, 'wx');
    for await (const chunk of upstream as AsyncIterable<Buffer>) {
      await part.writeFile(chunk);
      check.add(chunk);
      this.#written += chunk.length;
      if (this.#written < arMagic.length) continue;
      begin(beginningOf(upstream));
      this.#wake();
    }
    check.end();
    renameSync(this.#path, file);
    this.#path = file;
    begin(beginningOf(upstream));
  }
}

function beginningOf({ headers }: IncomingMessage): Beginning {
  const { 'content-length': length, 'last-modified': lastModified } = headers;
  return { size: length === undefined ? undefined : Number(length), lastModified };
}

/** A redirection is for apt, which follows it by way of the proxy. */
function refusalOf(url: URL, upstream: IncomingMessage): Error {
  upstream.resume();
  const { statusCode = 502, statusMessage, headers } = upstream;
  const refusal = problem(statusCode, `${url.href}: ${statusCode} ${statusMessage}`);
  const { location } = headers;
  return location === undefined ? refusal : Object.assign(refusal, { location: new URL(location, url).href });
}
