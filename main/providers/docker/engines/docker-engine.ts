import { execa } from 'execa';
import type { Engine } from './engine.ts';
import { explainEngine } from './explain-engine.ts';

/** An engine, or why there is none. */
export type Found = Engine | { readonly reason: string; readonly missingPackages?: readonly string[] };

export const isEngine = (found: Found): found is Engine => 'command' in found;

/** An engine that hangs is as good as none; one on a busy machine is slow. */
const patience = 5000;

/** What of `docker info` is looked at (docker-info(1), Docker Engine API `/info`). */
export interface DockerInfo {
  readonly SecurityOptions?: readonly string[] | null;
  readonly OperatingSystem?: string;
  readonly CgroupVersion?: string;
  readonly ServerErrors?: readonly string[];
}

/**
 * Docker's engine, or whatever speaks its API where `DOCKER_HOST` or Docker's context point to (`podman
 * system service`). `env` overrides variables. Asking takes some 50 ms and changes nothing.
 */
export async function findDocker(
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<Found> {
  const run = (args: readonly string[]) =>
    execa('docker', args, { env, reject: false, stdin: 'ignore', timeout: patience, cancelSignal: signal });
  const [version, info, context] = await Promise.all([
    run(['--version']),
    run(['info', '--format', '{{json .}}']),
    run(['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']),
  ]);
  signal.throwIfAborted();
  if (version.code === 'ENOENT') return { reason: 'Docker is not installed' };
  if (/podman/i.test(version.stdout)) return { reason: "'docker' is Podman's stand-in for it" };
  if (info.timedOut) return { reason: `Docker's engine does not answer within ${patience / 1000} s` };
  const told = parse(info.stdout);
  const errors = [...(told?.ServerErrors ?? []), ...(info.exitCode === 0 ? [] : [info.stderr])].join('\n');
  if (told === undefined || errors !== '') return { reason: reasonOf(errors || info.stdout) };
  return dockerEngine(told, context.exitCode === 0 ? context.stdout.trim() : '');
}

/** The engine that gave `info` at the endpoint `host` (`unix:///var/run/docker.sock`). */
export function dockerEngine(info: DockerInfo, host: string): Engine {
  const rootless = info.SecurityOptions?.some((option) => option.includes('rootless')) === true;
  const elsewhere = /Docker Desktop/.test(info.OperatingSystem ?? '') || !/^(unix:|$)/.test(host);
  const weak = rootless && info.CgroupVersion !== '2';
  return {
    kind: 'docker',
    command: ['docker'],
    env: host === '' ? {} : { DOCKER_HOST: host },
    reach: rootless || elsewhere ? 'ports' : 'address',
    network: 'engine',
    init: weak ? 'sshd' : 'systemd',
    limits: !weak,
  };
}

function parse(text: string): DockerInfo | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(stderr: string): string {
  const { message, hint } = explainEngine(stderr);
  if (message !== undefined) return hint === undefined ? message : `${message} (${hint})`;
  return `Docker's engine cannot be used: ${stderr.trim().split('\n').at(-1)}`;
}
