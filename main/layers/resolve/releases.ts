import { createHash } from 'node:crypto';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { present } from '../../../common/present.ts';
import type { AptSource } from '../../../common/protocol/installation.ts';
import { oneLineSources } from '../../providers/debian/apt-mirror.ts';

/** A suite's Release file on its mirror: what it says of all its packages. */
export interface Release {
  readonly url: string;
  /** Of what is in it. */
  readonly digest: string;
  /** When it changed, as the mirror says it; absent where it does not. */
  readonly modified?: string;
}

export const releaseDigest = (contents: string | Buffer): string =>
  createHash('sha256').update(contents).digest('hex');

/** ms for a mirror to answer in. */
const patience = 5000;

/** Where the Release files of a tree's own sources (the text of its sources.list) and of further ones are. */
export function releaseUrls(sourcesList: string, more: readonly AptSource[]): readonly string[] {
  const own = oneLineSources(sourcesList).map(({ uri, suite }) => releaseUrl(uri, suite));
  const others = more.flatMap(({ uris, suites }) =>
    uris
      .split(/\s+/)
      .flatMap((uri) => suites.split(/\s+/).map((suite) => releaseUrl(uri.replace(/\/+$/, ''), suite))),
  );
  return [...new Set([...own, ...others])];
}

/** A suite that ends in a slash is a path of its own (sources.list(5)). */
const releaseUrl = (uri: string, suite: string): string =>
  suite.endsWith('/') ? `${uri}/${suite}InRelease` : `${uri}/dists/${suite}/InRelease`;

/** Looks at Release files on their mirrors, at each once. */
export class Releases {
  readonly #looks = new Map<string, Promise<Release>>();
  readonly #proxy: string | undefined;
  readonly #signal: AbortSignal;

  constructor({ http_proxy: proxy }: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.#proxy = proxy;
    this.#signal = signal;
  }

  /**
   * What they are now. `known` are those of an earlier look. Throws when a mirror does not answer, or can
   * only be asked by way of a proxy for https.
   */
  now(urls: readonly string[], known: readonly Release[] = []): Promise<readonly Release[]> {
    return Promise.all(
      urls.map((url) => {
        const before = known.find((release) => release.url === url);
        const look = this.#looks.get(url) ?? this.#look(url, before);
        this.#looks.set(url, look);
        return look;
      }),
    );
  }

  async #look(url: string, before: Release | undefined): Promise<Release> {
    const answer = await this.#ask(url, present({ 'if-modified-since': before?.modified }));
    if (answer.statusCode === 304 && before) {
      answer.resume();
      return before;
    }
    if (answer.statusCode === 404 && url.endsWith('/InRelease')) {
      answer.resume();
      return { ...(await this.#look(url.replace(/InRelease$/, 'Release'), undefined)), url };
    }
    const body = await buffer(answer);
    if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${answer.statusMessage}`);
    return { url, digest: releaseDigest(body), ...present({ modified: answer.headers['last-modified'] }) };
  }

  async #ask(
    url: string,
    headers: Readonly<Record<string, string>>,
    redirects = 3,
  ): Promise<IncomingMessage> {
    const answer = await request(url, headers, this.#proxy, this.#signal);
    const { location } = answer.headers;
    if (location === undefined || redirects === 0) return answer;
    answer.resume();
    return this.#ask(new URL(location, url).href, headers, redirects - 1);
  }
}

function request(
  url: string,
  headers: Readonly<Record<string, string>>,
  proxy: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { protocol, host } = new URL(url);
  if (!/^https?:$/.test(protocol)) throw new Error(`${url} cannot be looked at from here`);
  if (proxy && protocol === 'https:') throw new Error(`${host} is behind a proxy`);
  const options = { headers: { ...headers, host }, timeout: patience, signal, agent: false as const };
  return new Promise((resolve, reject) => {
    const asked = proxy
      ? httpGet(proxy, { ...options, path: url }, resolve)
      : (protocol === 'https:' ? httpsGet : httpGet)(url, options, resolve);
    asked.once('timeout', () => asked.destroy(new Error(`${host} did not answer`)));
    asked.once('error', reject);
  });
}
