import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The programs that the logins on a node of a cluster of nspawn's start while `action` is under way, in
 * order: what execve(2) was given, as strace(1) (Debian: strace) sees it from the node's sshd downward. Needs
 * root.
 */
export async function programsOn(cluster: string, node: number, action: () => void): Promise<string[]> {
  const file = join(tmpdir(), `shakedown-bench-${process.pid}.strace`);
  const options = ['-f', '-qq', '-s', '200', '-e', 'trace=execve', '-e', 'signal=none', '-o', file];
  const child = spawn('strace', [...options, '-p', String(sshdOf(cluster, node))], { stdio: 'ignore' });
  try {
    await sleep(1000);
    action();
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /execve\(/.test(line) && !/= -1 E/.test(line))
      .map((line) => /\[(.*)\]/.exec(line)?.[1]?.replaceAll('", "', ' ') ?? line);
  } finally {
    child.kill();
    // What is traced by one cannot be traced by the next.
    await once(child, 'exit');
    rmSync(file, { force: true });
  }
}

/** The sshd that listens, as this host numbers it. */
function sshdOf(cluster: string, node: number): number {
  const found = readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const group = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
      return (
        line.startsWith('sshd: /usr/sbin/sshd') && new RegExp(`shakedown/${cluster}/${node}\\b`).test(group)
      );
    } catch {
      return false;
    }
  });
  if (found.length === 0) throw new Error(`no sshd in ${cluster}: ${spawnSync('ps', ['axwf']).stdout}`);
  return Math.min(...found.map(Number));
}
