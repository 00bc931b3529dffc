import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { greets } from '../../main/remotes/commands/greets.ts';
import { unusedPort } from './ssh-server.ts';

/** OpenSSH's own server on the loopback address, run by this user, which lets this user in. */
export interface RealSshd extends AsyncDisposable {
  readonly port: number;
  /** Has `host_ed25519`, `host_ecdsa` (with `.pub`), and what the caller puts there. */
  readonly folder: string;
}

/** `lines` of sshd_config(5) come before ours, so that they count. `folder` must have `authorized_keys`. */
export async function realSshd(folder: string, lines: readonly string[] = []): Promise<RealSshd> {
  const port = await unusedPort();
  for (const type of ['ed25519', 'ecdsa']) {
    const file = join(folder, `host_${type}`);
    if (!existsSync(file)) newKeyFile(file, type);
  }
  // Its own folder, without which it does not start for root.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const config = join(folder, `sshd_config-${port}`);
  writeFileSync(
    config,
    [
      ...lines,
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${folder}/host_ed25519`,
      `HostKey ${folder}/host_ecdsa`,
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      ...['StrictModes no', 'UsePAM no', 'PidFile none', 'PermitRootLogin yes', 'PasswordAuthentication no'],
      '',
    ].join('\n'),
  );
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const signal = new AbortController().signal;
  while (!(await greets('127.0.0.1', port, signal)) && child.exitCode === null) signal.throwIfAborted();
  return {
    port,
    folder,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

/** A key pair of ssh-keygen(1) without a passphrase: `file` and `file.pub`. */
export function newKeyFile(file: string, type = 'ed25519'): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file]);
}
