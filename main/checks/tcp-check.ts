import { connect } from 'node:net';
import type { CheckResult } from '../../common/results.ts';
import type { DeclaredCheck } from '../config/scenario.ts';
import { attemptUntil } from './attempts.ts';
import type { Check, ClusterUnderTest } from './check.ts';
import { targetsOf } from './targets.ts';

/** A port that accepts connections from the main host: on each node of `on`, or on the main host itself. */
export class TcpCheck implements Check {
  readonly name: string;
  readonly kind = 'tcp';
  readonly spec: DeclaredCheck & { kind: 'tcp' };

  constructor(spec: DeclaredCheck & { kind: 'tcp' }) {
    this.spec = spec;
    this.name = spec.name;
  }

  run(cluster: ClusterUnderTest, { signal }: { signal: AbortSignal }): Promise<readonly CheckResult[]> {
    const { on, port, within } = this.spec;
    return Promise.all(
      targetsOf(on, cluster).map(({ suffix, node }) => {
        const host = node?.address ?? '127.0.0.1';
        return attemptUntil({
          name: this.name + suffix,
          kind: this.kind,
          expected: `${host} to accept connections on port ${port}`,
          within,
          signal,
          ...(node && { node }),
          attempt: async (ending) => {
            const problem = await connectionProblem(host, port, ending);
            return problem === undefined ? undefined : { found: problem };
          },
        });
      }),
    );
  }
}

/** Connects once; what went wrong in the operating system's words, or nothing. */
function connectionProblem(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer within 5 s')));
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(inWords(error)));
  });
}

const codes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'connection reset',
  ABORT_ERR: 'no answer in time',
  ENOTFOUND: 'no such host name',
};

/** A network error as a person says it. */
export function inWords(error: NodeJS.ErrnoException): string {
  return codes[error.code ?? ''] ?? error.message;
}
