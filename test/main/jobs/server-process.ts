import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';

const program = join(import.meta.dirname, '../../../bin/shakedown.mjs');

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** The first admin's token, where it made one. */
  readonly token: string;
  /** What it told on stderr so far. */
  readonly said: () => string;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Starts `shakedown server`, waits until it has said all, and ends it when the test is over. */
export async function startServerProcess(
  folder: string,
  port: number,
  more: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<ServerProcess> {
  const args = ['server', '--data', folder, '--port', String(port), ...more];
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  onTestFinished(() => endProcess(child, 'SIGTERM'));
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const [text] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  expect(String(text), said).toContain(String(port));
  // What its database is is told last.
  await vi.waitFor(() => expect(said).toMatch(/PostgreSQL|trial database/), { timeout: 60_000 });
  const [token = ''] = /sd_[\w-]+/.exec(said) ?? [];
  return { child, url: `http://127.0.0.1:${port}`, token, said: () => said };
}

/** Signals it and waits for its end; what has ended is left alone. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
