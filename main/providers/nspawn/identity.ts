import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import ssh2 from 'ssh2';

/** An ed25519 host key in OpenSSH's formats, made beforehand so that the first connection is verified. */
export function hostKeyPair(): { hostKey: string; publicHostKey: string } {
  const pair = ssh2.utils.generateKeyPairSync('ed25519');
  return { hostKey: pair.private, publicHostKey: pair.public };
}

/** As machine-id(5) wants it: 32 hex digits. */
export const machineId = (): string => randomBytes(16).toString('hex');

/** The main host's resolvers, or those behind systemd-resolved's: a node cannot reach ours on the loopback. */
export async function readResolvConf(): Promise<string> {
  const behind = '/run/systemd/resolve/resolv.conf';
  const own = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  return /^nameserver\s+(127\.|::1)/m.test(own) && existsSync(behind) ? readFile(behind, 'utf8') : own;
}

/**
 * /24 subnets as `10.x.y` in an order of the cluster's own, without those that overlap a route of this machine.
 * Podman's default network, 10.88.0.0/16, is left to it.
 */
export async function subnetCandidates(cluster: string): Promise<readonly string[]> {
  const { stdout } = await execa('ip', ['-j', '-4', 'route', 'show', 'table', 'all']);
  const taken = (JSON.parse(stdout || '[]') as { dst?: string }[]).flatMap(({ dst }) => range(dst ?? ''));
  const start = Number.parseInt(cluster, 16);
  const candidates = Array.from({ length: 4096 }, (_, step) => {
    const place = (start + step * 7919) % (100 * 256);
    return `10.${100 + Math.floor(place / 256)}.${place % 256}`;
  });
  const free = (net: string) => {
    const [own] = range(`${net}.0/24`);
    return own && taken.every(({ first, last }) => own.last < first || own.first > last);
  };
  return candidates.filter(free).slice(0, 64);
}

function range(destination: string): { first: number; last: number }[] {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(destination);
  if (!match) return [];
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = match.slice(1).map((part) => Number(part ?? 32));
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  return [{ first, last: first + 2 ** (32 - bits) - 1 }];
}
