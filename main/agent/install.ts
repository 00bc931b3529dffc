import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type FailureDetails, ShakedownError } from '../../common/errors.ts';
import type { CommandResult } from '../../common/results.ts';
import type { Remote } from '../remotes/remote.ts';
import { agentBundle } from './bundle.ts';
import { architectureOf, nodeRuntime } from './runtime.ts';

/** Where runtimes and agents lie on a node. */
export const nodeCacheDirectory = '/var/cache/shakedown';

export interface InstallOptions {
  readonly cacheDir: string;
  readonly signal?: AbortSignal;
  readonly log: (message: string) => void;
  /** Another folder on the node, for tests. */
  readonly nodeCache?: string;
}

/** Paths on the node. */
export interface InstalledAgent {
  readonly runtime: string;
  readonly agent: string;
}

/**
 * Puts the runtime and the agent on a node, each under a name with its digest, so that what is there is right. One
 * round trip tells what is missing; nothing is sent where all is there, be it from an earlier run or through a share.
 * Throws ShakedownError without root rights, for other processors, or when the node's disk is full.
 */
export async function installAgent(remote: Remote, options: InstallOptions): Promise<InstalledAgent> {
  const { cacheDir, signal, log, nodeCache = nodeCacheDirectory } = options;
  const bundling = agentBundle(cacheDir);
  // It may fail while something else is awaited; it is awaited below.
  bundling.catch(() => {});
  const seen = await look(remote, nodeCache, signal);
  const [bundle, runtime] = await Promise.all([
    bundling,
    nodeRuntime(architectureOf(seen.machine), cacheDir),
  ]);
  const target: InstalledAgent = {
    runtime: `${nodeCache}/node-${runtime.digest}/node`,
    agent: `${nodeCache}/agent-${bundle.digest}.mjs`,
  };
  const send = { remote, packed: seen.gzip && !isNear(remote.address), signal, log };
  if (!seen.files.includes(target.runtime)) await upload(runtime.file, target.runtime, 0o755, send);
  if (!seen.files.includes(target.agent)) await upload(bundle.file, target.agent, 0o644, send);
  return target;
}

interface Seen {
  readonly machine: string;
  readonly gzip: boolean;
  readonly files: readonly string[];
}

async function look(remote: Remote, cache: string, signal: AbortSignal | undefined): Promise<Seen> {
  const command = `uname -m; command -v gzip || echo; ls -d ${cache}/node-*/node ${cache}/agent-*.mjs 2>/dev/null; :`;
  const result = await remote.exec(command, { root: true, timeout: 60, ...(signal ? { signal } : {}) });
  if (result.exitCode !== 0) throw notRoot(result);
  const [machine = '', gzip = '', ...files] = result.stdout.split('\n');
  return { machine: machine.trim(), gzip: gzip !== '', files };
}

interface Sending {
  readonly remote: Remote;
  readonly packed: boolean;
  readonly signal: AbortSignal | undefined;
  readonly log: (message: string) => void;
}

async function upload(source: string, target: string, mode: number, sending: Sending): Promise<void> {
  const { remote, packed, signal, log } = sending;
  const { size } = await stat(source);
  const begin = performance.now();
  const file = createReadStream(source, { highWaterMark: 1024 * 1024 });
  // Level 1 keeps up with most networks.
  const stdin: Readable = packed ? file.pipe(createGzip({ level: 1 })) : file;
  file.on('error', (error) => stdin.destroy(error));
  const folder = target.replace(/\/[^/]*$/, '');
  // A connection that breaks looks like the end of the file: its size tells.
  const command = [
    `umask 022; mkdir -p ${folder} && new=${target}.$$ && trap 'rm -f "$new"' EXIT`,
    `${packed ? 'gzip -dc' : 'cat'} > "$new"`,
    `[ "$(wc -c < "$new")" -eq ${size} ] && chmod ${mode.toString(8)} "$new" && mv -f "$new" ${target}`,
  ].join(' && ');
  const result = await remote.exec(command, { root: true, stdin, ...(signal ? { signal } : {}) });
  if (result.exitCode !== 0) throw notUploaded(target, result);
  log(`sent ${target}: ${size} bytes in ${Math.round(performance.now() - begin)} ms`);
}

/** Whether an address is this machine's or in a network that it is attached to: there, packing costs more than it saves. */
export function isNear(address: string, interfaces = networkInterfaces()): boolean {
  const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0) return false;
  const near = new BlockList();
  for (const { address: own, cidr, family } of Object.values(interfaces).flatMap((list) => list ?? [])) {
    const prefix = Number(cidr?.split('/')[1]);
    if (Number.isInteger(prefix)) near.addSubnet(own, prefix, family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return near.check(address, kind);
}

const lastLines = (text: string): string[] => text.split('\n').filter(Boolean).slice(-5);

function notRoot({ command, exitCode, stderr }: CommandResult): ShakedownError {
  const sudo = /sudo/.test(stderr);
  return new ShakedownError({
    message: sudo
      ? 'the user may not become root without a password'
      : 'the node does not answer to a simple command',
    command,
    exitCode,
    lastLines: lastLines(stderr),
    ...(sudo
      ? {
          hint: 'install sudo and allow it without a password (`USER ALL=(ALL) NOPASSWD: ALL` in /etc/sudoers.d/shakedown), or log in as root',
        }
      : {}),
  });
}

function notUploaded(target: string, { command, exitCode, stderr }: CommandResult): ShakedownError {
  const full = /No space left/i.test(stderr);
  const details: FailureDetails = {
    message: full
      ? `no space left on the node for the agent (${target})`
      : `the agent could not be put on the node (${target})`,
    command,
    exitCode,
    lastLines: lastLines(stderr),
  };
  return new ShakedownError(
    full ? { ...details, hint: 'free 150 MB in /var on the node (`df -h /var`)' } : details,
  );
}
