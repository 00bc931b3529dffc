import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from '../../common/ready.ts';
import { shellWords } from '../command-shell.ts';
import { isSystemError } from '../failure.ts';
import { lastLinesOf } from '../output-buffer.ts';
import { listeningInWords, ownAddresses } from '../proc/listening.ts';
import { type ProcessOptions, runProcess } from '../process.ts';
import type { Service } from './service.ts';

const refused = 'connection refused';

/**
 * What was found wrong, in a few words. Asked when it is to be told, for to see who
 * listens where takes longer than a try.
 */
export type Problem = () => string;

/** One try. Gives what was found wrong, or undefined when the service is ready. */
export type TryProbe = (signal: AbortSignal) => Promise<Problem | undefined>;

/** Where a command is run, and with which variables besides the usual ones. */
export interface Where {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The probe of a service as something to try again and again; disposed of when done. One try takes at most 5
 * s (a command: 30 s). Certificates are not verified: this asks whether something serves, not who.
 */
export function prepareProbe(
  probe: Probe,
  service: Service,
  where: Where,
): { attempt: TryProbe } & Disposable {
  const attempt = probeOf(probe, where);
  if (attempt) return { attempt, [Symbol.dispose]: () => {} };
  const { log } = probe as { readonly log: string };
  const watch = service.watchLog(new RegExp(log));
  return {
    attempt: async () => ((await watch.found()) ? undefined : () => `no line matches /${log}/ in its log`),
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

/** A probe that needs no service; of one that asks for a line in a log, nothing. */
export function probeOf(probe: Probe, where: Where): TryProbe | undefined {
  if ('tcp' in probe) return (signal) => tryTcp(probe.tcp, probe.host, signal);
  if ('http' in probe) return (signal) => tryHttp(probe.http, probe.status, signal);
  if ('command' in probe) return (signal) => tryCommand(probe.command, { ...where, signal });
  return undefined;
}

/** Without a host the service may be bound to any address of the node. */
async function tryTcp(
  port: number,
  host: string | undefined,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  if (host !== undefined) {
    const problem = await tryAddress(port, host, signal);
    return told(problem && `${problem} on ${host}:${port}`);
  }
  const asked = ownAddresses();
  const problem = await firstGood(asked, (address) => tryAddress(port, address, signal));
  if (problem === undefined) return undefined;
  return () => `${problem} on port ${port} of ${asked.join(', ')}: ${listeningInWords(port)}`;
}

/** ms after which others are asked beside the first one. */
const patience = 250;

/**
 * Undefined as soon as one of them is fine; else what is wrong with the first. Most services are bound to all
 * addresses, and Node takes 4 ms to learn what an IPv6 address looks like: the first one is asked alone.
 */
async function firstGood(
  [first = '', ...others]: readonly string[],
  attempt: (address: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const asked = attempt(first);
  const problem = await Promise.race([asked, sleep(patience, 'no answer', { ref: false })]);
  if (problem === undefined) return undefined;
  const problems = [asked, ...others.map(attempt)];
  const good = problems.map(async (problem) => {
    if ((await problem) !== undefined) throw new Error('not this one');
  });
  return Promise.any(good).then(
    () => undefined,
    () => asked,
  );
}

function tryAddress(port: number, host: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, signal });
    const done = (problem?: string) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(5000, () => done('no answer'));
    socket.once('connect', () => done());
    socket.once('error', (error) => done(inWords(error)));
  });
}

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** What is asked of the loopback address may be bound to another one of the node's. */
async function tryHttp(
  url: string,
  status: number | undefined,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const { hostname, port, protocol, host } = new URL(url);
  if (!loopback.test(hostname)) return told(await tryUrl(url, {}, status, signal));
  const asked = ownAddresses();
  const problem = await firstGood(asked, (address) =>
    tryUrl(url, { hostname: address, headers: { host } }, status, signal),
  );
  if (!problem?.startsWith(refused)) return told(problem);
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  return () => `${problem}; asked: ${asked.join(', ')}; ${listeningInWords(number)}`;
}

const told = (problem: string | undefined): Problem | undefined =>
  problem === undefined ? undefined : () => problem;

async function tryUrl(
  url: string,
  options: { readonly hostname?: string; readonly headers?: { readonly host: string } },
  status: number | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Loading them takes longer than all else that an agent does before it can be greeted. There is no
  // import() in the bundle once it is precompiled.
  const { get } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  return new Promise((resolve) => {
    const how = { ...options, agent: false, rejectUnauthorized: false, signal };
    const request = get(url, how, (response) => {
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

async function tryCommand(command: string, options: ProcessOptions): Promise<Problem | undefined> {
  const result = await runProcess(shellWords(command), { ...options, timeout: 30 });
  if (result.exitCode === 0) return undefined;
  if (result.timedOut) return () => `\`${command}\` did not end within 30 s`;
  const said = lastLinesOf(result.stderr || result.stdout, 1)[0];
  return () => `\`${command}\` ended with ${result.exitCode ?? result.signal}${said ? `: ${said}` : ''}`;
}

function inWords(error: Error): string {
  if (isSystemError(error, 'ECONNREFUSED')) return refused;
  if (isSystemError(error, 'ECONNRESET')) return 'connection reset';
  if (isSystemError(error, 'ENOTFOUND', 'EAI_AGAIN')) return 'unknown host';
  if (isSystemError(error, 'EHOSTUNREACH', 'ENETUNREACH')) return 'no route';
  return error.message;
}
