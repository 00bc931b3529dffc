import { get, type IncomingMessage } from 'node:http';
import { guardedLookup, problem, type Refusal } from './proxy-guard.ts';

/** Seconds without a byte after which a mirror is taken for dead. */
const patience = 30;

export interface UpstreamOptions {
  readonly headers?: NodeJS.Dict<string | string[]>;
  readonly refuses: Refusal;
  readonly signal?: AbortSignal;
}

/** The answer to a request of ours, its body still to come. */
export function fetchUpstream(
  url: URL,
  { headers = {}, refuses, signal }: UpstreamOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { headers, timeout: patience * 1000, lookup: guardedLookup(refuses) };
    const request = get(url, { ...options, ...(signal ? { signal } : {}) }, resolve);
    const late = `${url.host} did not answer within ${patience} s`;
    request.once('timeout', () => request.destroy(problem(504, late)));
    request.once('error', reject);
  });
}
