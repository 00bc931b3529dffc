import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unwound } from '../../common/unwound.ts';
import { shellQuote } from '../remotes/commands/shell-line.ts';
import type { SshTarget } from '../remotes/ssh-target.ts';
import { sshFiles, sshName } from './ssh-config.ts';

/** A program that runs its arguments on a machine, with stdin, stdout and stderr handed through. */
export interface Auxverb extends AsyncDisposable {
  readonly program: string;
  /** OpenSSH's configuration in which the machine is `testbed`. */
  readonly sshConfig: string;
}

/**
 * A socket's path has at most 108 bytes (unix(7)), and ssh needs 17 more while it makes it (ssh_config(5)).
 */
const longestControlPath = 90;

/**
 * Writes the program and what it needs into `directory`, and opens the connection that its calls share. The
 * connection lives only as long as this process: its remote command ends with our end of the pipe.
 */
export async function makeAuxverb(target: SshTarget, directory: string): Promise<Auxverb> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const socket = join(directory, 'sock');
  const shared = Buffer.byteLength(socket) <= longestControlPath;
  const { config, knownHosts } = sshFiles(target, directory, shared ? socket : undefined);
  const [sshConfig, program] = [join(directory, 'ssh_config'), join(directory, 'on-testbed')];
  await Promise.all([
    writeFile(sshConfig, config, { mode: 0o600 }),
    writeFile(join(directory, 'known_hosts'), knownHosts),
    writeFile(program, auxverbScript(sshConfig, target.user !== 'root'), { mode: 0o755 }),
  ]);
  const connection = shared ? await shareConnection(sshConfig, socket) : undefined;
  return {
    program,
    sshConfig,
    [Symbol.asyncDispose]: async () => {
      await connection?.[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * The machine's part of it, for sh. A command that a signal ended gives 128 and the signal's number, and
 * 254 and 255 stay ssh's own, as README.virtualisation-server asks. sshd ends a session when nobody holds
 * its output any more, so what a test has left running with it (autopkgtest-reboot-prepare does, on
 * purpose) would hold up the caller for ever: it is killed, as autopkgtest-virt-ssh does. Its first
 * argument is `open` when there is input to come: a session's input and output are one socket, and what was
 * started without input shall not hold that.
 */
const remotePart = `[ "$1" = open ] || exec </dev/null
shift
"$@"
code=$?
exec </dev/null
keep=" $$ " up=$PPID
while [ "\${up:-1}" -gt 1 ]; do
  keep="$keep$up "
  while read -r key value; do [ "$key" != PPid: ] || break; done </proc/$up/status
  up=$value
done
set -- $(readlink /proc/$$/fd/1 /proc/$$/fd/2)
out=\${1#*[} err=\${2#*[}
{
  for path in $(find /proc/[0-9]*/fd -lname "*:\\[\${out%]}\\]" -o -lname "*:\\[\${err%]}\\]"); do
    pid=\${path#/proc/} pid=\${pid%%/*}
    case $keep in *" $pid "*) ;; *) kill -9 $pid ;; esac
  done
} 2>/dev/null
[ $code -lt 254 ] || code=253
exit $code`;

/** Each argument is quoted for the machine's shell. */
function auxverbScript(sshConfig: string, sudo: boolean): string {
  const command = `exec ${sudo ? 'sudo -n ' : ''}sh -c ${shellQuote(remotePart)} sh`;
  return `#!/bin/bash
# Runs its arguments on the machine that shakedown-virt has open.
apostrophe="'" escaped="'\\''" line=
for word; do line+=" '\${word//$apostrophe/"$escaped"}'"; done
input=open; [ /dev/stdin -ef /dev/null ] && input=closed
exec ssh -F ${shellQuote(sshConfig)} -T ${sshName} ${shellQuote(command)}" $input$line"
`;
}

/** Without it each call costs a handshake, and works all the same. */
async function shareConnection(sshConfig: string, socket: string): Promise<AsyncDisposable> {
  const master = spawn('ssh', ['-F', sshConfig, '-o', 'ControlMaster=yes', '-T', sshName, 'exec cat'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(master, 'exit').catch(() => undefined);
  master.stdin.on('error', () => undefined);
  for (let waited = 0; waited < 10_000 && !existsSync(socket) && master.exitCode === null; waited += 20) {
    await sleep(20);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      master.kill('SIGTERM');
      await unwound(gone, 2);
      master.kill('SIGKILL');
    },
  };
}
