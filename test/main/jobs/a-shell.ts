import { Writable } from 'node:stream';
import type { Command } from '../../../main/commands/command.ts';
import type { ServerUnderTest } from './a-server.ts';

function collected(): { stream: Writable; text: () => string } {
  let all = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      all += chunk;
      done();
    },
  });
  return { stream, text: () => all };
}

/** Calls a command as a shell would whose environment names the server: what it prints, and its exit code. */
export const shellOf =
  (server: () => ServerUnderTest, cwd: string) =>
  async (command: Command, args: string[], options: Record<string, unknown> = {}, token?: string) => {
    const [stdout, stderr] = [collected(), collected()];
    const env = { SHAKEDOWN_SERVER: server().url, SHAKEDOWN_TOKEN: token ?? server().token };
    const { signal } = new AbortController();
    const environment = { env, cwd, signal, stdout: stdout.stream, stderr: stderr.stream };
    const code = await command(args, { rest: [], ...options }, environment as never);
    return { code, printed: stdout.text(), told: stderr.text() };
  };
