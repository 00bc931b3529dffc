import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { TimeLimitError } from '../../../common/errors.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { ClusterUnderTest, NodeUnderTest } from '../../cluster/cluster-under-test.ts';
import { urlHost } from '../../cluster/url-host.ts';
import type { DeclaredCheck } from '../../config/scenario.ts';
import { ConnectionLostError } from '../../remotes/connection-errors.ts';
import type { Finding } from './attempts.ts';
import { byWay, connectTo, inWords } from './node-connection.ts';
import { type Look, TargetCheck } from './target-check.ts';
import type { Target } from './targets.ts';

type HttpSpec = DeclaredCheck & { kind: 'http' };

/**
 * A URL that answers, asked from the main host: an absolute one, or a path that is asked of each node of
 * `on`, by its ssh where the main host has no route to it.
 */
export class HttpCheck extends TargetCheck<HttpSpec> {
  /** A URL that names its own host is asked once, whatever nodes there are. */
  protected override targets(cluster: ClusterUnderTest): readonly Target[] {
    return isAbsolute(this.spec.url) ? [{ suffix: '' }] : super.targets(cluster);
  }

  protected look({ node }: Target): Look {
    const { status, body } = this.spec;
    const url = urlFor(this.spec.url, node?.address ?? '127.0.0.1');
    const matching = body === undefined ? '' : ` with a body that matches /${body}/`;
    return {
      way: byWay(node),
      expected: `${url}${byWay(node)} to answer ${status}${matching}`,
      attempt: (ending) => ask(url, node, this.spec, ending),
    };
  }
}

const isAbsolute = (url: string): boolean => /^[a-z]+:\/\//i.test(url);

/** `:8080/health` or `/health` asked of a host; an absolute URL as it is. */
function urlFor(url: string, address: string): string {
  if (isAbsolute(url)) return url;
  const path = /^(:\d+)?(\/.*)?$/s.test(url) ? url : `/${url}`;
  return `http://${urlHost(address)}${path}`;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(
  url: string,
  node: NodeUnderTest | undefined,
  { status, body, url: written }: HttpSpec,
  ending: AbortSignal,
): Promise<Finding> {
  // A server that accepts and then says nothing must not use up all attempts.
  const limit = { what: 'an answer', seconds: 10, signal: ending };
  let answer: Answer;
  try {
    answer = await withTimeLimit(limit, (signal) =>
      isAbsolute(written) ? fetched(url, signal) : asked(url, node, signal),
    );
  } catch (error) {
    if (ending.aborted || error instanceof ConnectionLostError) throw error;
    if (error instanceof TimeLimitError) return { found: `no answer within ${limit.seconds} s` };
    // `fetch` hides the operating system's error behind `fetch failed`.
    return { found: inWords(error instanceof TypeError ? (error.cause ?? error) : error) };
  }
  const excerpt = answer.text.slice(0, 2000);
  if (answer.status !== status) return { found: `status ${answer.status}`, detail: excerpt };
  if (body !== undefined && !new RegExp(body).test(answer.text)) {
    return { found: answer.text === '' ? 'an empty body' : 'another body', detail: excerpt };
  }
  return undefined;
}

async function fetched(url: string, signal: AbortSignal): Promise<Answer> {
  // A check of a status 302 would never see it otherwise.
  const response = await fetch(url, { signal, redirect: 'manual', headers: { connection: 'close' } });
  return { status: response.status, text: await response.text() };
}

/** Asks over a stream to the node, or to the main host's loopback. */
async function asked(url: string, node: NodeUnderTest | undefined, signal: AbortSignal): Promise<Answer> {
  const stream = await connectTo(node, Number(new URL(url).port || 80), signal);
  try {
    return await answered(url, stream, signal);
  } finally {
    stream.destroy();
  }
}

function answered(url: string, stream: Duplex, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  request(url, { signal, createConnection: () => stream, headers: { connection: 'close' } })
    .once('error', reject)
    .once('response', (response) => {
      const { statusCode: status = 0 } = response;
      text(response).then((all) => resolve({ status, text: all }), reject);
    })
    .end();
  return promise;
}
