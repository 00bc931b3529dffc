import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { unwound } from '../../../common/unwound.ts';

/** What a command gives that stands for a connection (ssh_config(5), ProxyCommand). */
export interface ProxyConnection {
  readonly stream: Duplex;
  /**
   * How the command ended, with its last words; undefined while it runs. After
   * its stream broke that is known soon.
   */
  readonly ended: () => Promise<string | undefined>;
}

/** How much of what it says is kept; characters. */
const most = 2000;

/** Runs a command by the shell, as ssh does; it ends with the stream. */
export function openProxy(command: string): ProxyConnection {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: ['pipe', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-most);
  });
  const end = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code, signal) => {
      const last = words.trim().split('\n').at(-1);
      resolve(`'${command}' ended with ${signal ?? code}${last ? `: ${last}` : ''}`);
    });
  });
  // Whoever writes learns it from the stream's end.
  child.stdin.on('error', () => undefined);
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  stream.once('close', () => child.kill());
  return { stream, ended: () => unwound(end, 0.2) };
}
