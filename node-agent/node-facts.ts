import { existsSync, readFileSync } from 'node:fs';
import { arch, hostname, release, uptime } from 'node:os';
import { processIdentity } from '../common/processes/process-identity.ts';
import { type AgentInfo, protocolVersion } from '../common/protocol.ts';
import { shellName } from './command-shell.ts';
import { processStat } from './proc/process-stat.ts';

/** What the node is; os-release(5) is read from /etc, else from /usr/lib. */
export function nodeFacts(): AgentInfo {
  // A container has the boot id of its host, and an init of its own.
  const { bootId = '', startTime = '' } = processIdentity(1);
  const { ID = 'linux', VERSION_ID = '', VERSION_CODENAME = '' } = osRelease();
  return {
    version: protocolVersion,
    pid: process.pid,
    hostname: hostname(),
    os: { id: ID, version: VERSION_ID, codename: VERSION_CODENAME },
    arch: arch(),
    kernel: release(),
    systemd: hasSystemd(),
    shell: shellName(),
    clockMs: Date.now(),
    boot: `${bootId} ${startTime}`,
  };
}

/** Whether systemd is the node's init: sd_booted(3). */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system');

/**
 * When the node's init was started, ms since the epoch by its clock: its boot, in a container too (proc(5),
 * stat).
 */
export function bootedAt(): number {
  return Date.now() - uptime() * 1000 + (processStat(1)?.startTicks ?? 0) * 10;
}

function osRelease(): Record<string, string> {
  for (const file of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return parseOsRelease(readFileSync(file, 'utf8'));
    } catch {
      // The next one.
    }
  }
  return {};
}

/** Variables of os-release(5), without their shell quotes. */
const parseOsRelease = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^([A-Z_0-9]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value.trim().replace(/^(["'])(.*)\1$/, '$2'),
    ]),
  );
