import { connect } from 'node:net';
import type { Probe } from '../../common/ready.ts';
import { isSystemError } from '../failure.ts';
import { lastLinesOf } from '../output-buffer.ts';
import { type ProcessOptions, runProcess } from '../process.ts';
import type { Service } from './service.ts';

/** One try. Gives what was found wrong, in a few words, or undefined when the service is ready. */
export type TryProbe = (signal: AbortSignal) => Promise<string | undefined>;

/**
 * The probe of a service as something to try again and again; disposed of when done. One try takes at most 5 s (a
 * command: 30 s). Certificates are not verified: this asks whether something serves, not who.
 */
export function prepareProbe(
  probe: Probe,
  service: Service,
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): { attempt: TryProbe } & Disposable {
  const none = { [Symbol.dispose]: () => {} };
  if ('tcp' in probe)
    return { attempt: (signal) => tryTcp(probe.tcp, probe.host ?? '127.0.0.1', signal), ...none };
  if ('http' in probe) return { attempt: (signal) => tryHttp(probe.http, probe.status, signal), ...none };
  if ('command' in probe)
    return { attempt: (signal) => tryCommand(probe.command, { cwd, env, signal }), ...none };
  const watch = service.watchLog(new RegExp(probe.log));
  return {
    attempt: async () => ((await watch.found()) ? undefined : `no line matches /${probe.log}/ in its log`),
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

function tryTcp(port: number, host: string, signal: AbortSignal): Promise<string | undefined> {
  const where = host === '127.0.0.1' ? `port ${port}` : `${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ port, host, signal });
    const done = (problem?: string) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(5000, () => done(`no answer on ${where}`));
    socket.once('connect', () => done());
    socket.once('error', (error) => done(`${inWords(error)} on ${where}`));
  });
}

async function tryHttp(
  url: string,
  status: number | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Loading them takes longer than all else that an agent does before it can be greeted.
  const { get } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  return new Promise((resolve) => {
    const request = get(url, { agent: false, rejectUnauthorized: false, signal }, (response) => {
      const code = response.statusCode ?? 0;
      const right = status === undefined ? code >= 200 && code < 300 : code === status;
      response.resume();
      request.destroy();
      resolve(right ? undefined : `status ${code} from ${url}, not ${status ?? '200 to 299'}`);
    });
    request.setTimeout(5000, () => request.destroy(new Error('no answer')));
    request.once('error', (error) => resolve(`${inWords(error)} on ${url}`));
  });
}

async function tryCommand(command: string, options: ProcessOptions): Promise<string | undefined> {
  const result = await runProcess(['/bin/sh', '-c', command], { ...options, timeout: 30 });
  if (result.exitCode === 0) return undefined;
  if (result.timedOut) return `\`${command}\` did not end within 30 s`;
  const said = lastLinesOf(result.stderr || result.stdout, 1)[0];
  return `\`${command}\` ended with ${result.exitCode ?? result.signal}${said ? `: ${said}` : ''}`;
}

function inWords(error: Error): string {
  if (isSystemError(error, 'ECONNREFUSED')) return 'connection refused';
  if (isSystemError(error, 'ECONNRESET')) return 'connection reset';
  if (isSystemError(error, 'ENOTFOUND', 'EAI_AGAIN')) return 'unknown host';
  if (isSystemError(error, 'EHOSTUNREACH', 'ENETUNREACH')) return 'no route';
  return error.message;
}
