import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from '../measure/package-program.ts';

/** `shakedown server` in a process of its own, with its address and an admin's token. */
export async function startServerProcess(folder: string, args: readonly string[] = [], env = {}) {
  const all = [program, 'server', '--data', folder, '--port', '0', ...args];
  const child = spawn(process.execPath, all, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let [said, printed] = ['', ''];
  child.stderr.on('data', (text) => {
    said += text;
  });
  child.stdout.on('data', (text) => {
    printed += text;
  });
  const token = () => /sd_[\w-]+/.exec(said)?.[0];
  while (!printed.includes('\n') || token() === undefined) {
    if (child.exitCode !== null) throw new Error(said);
    await sleep(50);
  }
  return {
    ...{ child, url: printed.trim(), token: token() ?? '' },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
