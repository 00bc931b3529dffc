import type { CheckResult } from '../../common/results.ts';
import type { DeclaredCheck } from '../config/scenario.ts';
import { attemptUntil, type Finding } from './attempts.ts';
import type { Check, ClusterUnderTest } from './check.ts';
import { targetsOf, urlHost } from './targets.ts';
import { inWords } from './tcp-check.ts';

type HttpSpec = DeclaredCheck & { kind: 'http' };

/** A URL that answers, asked from the main host: an absolute one, or a path that is asked of each node of `on`. */
export class HttpCheck implements Check {
  readonly name: string;
  readonly kind = 'http';
  readonly spec: HttpSpec;

  constructor(spec: HttpSpec) {
    this.spec = spec;
    this.name = spec.name;
  }

  run(cluster: ClusterUnderTest, { signal }: { signal: AbortSignal }): Promise<readonly CheckResult[]> {
    const { status, body, within, on, url: written } = this.spec;
    // One that names its own host is asked once, whatever nodes there are.
    const targets = isAbsolute(written) ? [{ suffix: '' }] : targetsOf(on, cluster);
    return Promise.all(
      targets.map(({ suffix, node }) => {
        const url = urlFor(written, node?.address ?? '127.0.0.1');
        return attemptUntil({
          name: this.name + suffix,
          kind: this.kind,
          expected: `${url} to answer ${status}${body === undefined ? '' : ` with a body that matches /${body}/`}`,
          within,
          signal,
          ...(node && { node }),
          attempt: (ending) => ask(url, this.spec, ending),
        });
      }),
    );
  }
}

const isAbsolute = (url: string): boolean => /^[a-z]+:\/\//i.test(url);

/** `:8080/health` or `/health` asked of a host; an absolute URL as it is. */
function urlFor(url: string, address: string): string {
  if (isAbsolute(url)) return url;
  const path = /^(:\d+)?(\/.*)?$/s.test(url) ? url : `/${url}`;
  return `http://${urlHost(address)}${path}`;
}

async function ask(url: string, { status, body }: HttpSpec, ending: AbortSignal): Promise<Finding> {
  // A server that accepts and then says nothing must not use up all attempts.
  const signal = AbortSignal.any([ending, AbortSignal.timeout(10_000)]);
  let response: Response;
  let text: string;
  try {
    // A check of a status 302 would never see it otherwise.
    response = await fetch(url, { signal, redirect: 'manual', headers: { connection: 'close' } });
    text = await response.text();
  } catch (error) {
    if (ending.aborted) throw error;
    if (signal.aborted) return { found: 'no answer within 10 s' };
    return { found: networkProblem(error) };
  }
  const excerpt = text.slice(0, 2000);
  if (response.status !== status) return { found: `status ${response.status}`, detail: excerpt };
  if (body !== undefined && !new RegExp(body).test(text)) {
    return { found: text === '' ? 'an empty body' : 'another body', detail: excerpt };
  }
  return undefined;
}

/** `fetch` hides the operating system's error behind `fetch failed`. */
function networkProblem(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? inWords(cause) : String(cause);
}
