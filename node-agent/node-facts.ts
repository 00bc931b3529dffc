import { existsSync, readFileSync } from 'node:fs';
import { arch, hostname, release } from 'node:os';
import { type AgentInfo, protocolVersion } from '../common/protocol.ts';

/** What the node is; os-release(5) is read from /etc, else from /usr/lib. */
export function nodeFacts(): AgentInfo {
  const { ID = 'linux', VERSION_ID = '', VERSION_CODENAME = '' } = osRelease();
  return {
    version: protocolVersion,
    pid: process.pid,
    hostname: hostname(),
    os: { id: ID, version: VERSION_ID, codename: VERSION_CODENAME },
    arch: arch(),
    kernel: release(),
    systemd: hasSystemd(),
    clockMs: Date.now(),
  };
}

/** Whether systemd is the node's init: sd_booted(3). */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system');

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
export const parseOsRelease = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^([A-Z_0-9]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value.trim().replace(/^(["'])(.*)\1$/, '$2'),
    ]),
  );
