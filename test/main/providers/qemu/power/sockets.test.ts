import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runInGuest } from '../../../../../main/providers/qemu/guest/guest-port.ts';
import { openMonitor } from '../../../../../main/providers/qemu/power/monitor.ts';

const signal = () => new AbortController().signal;

/** Listens on a Unix socket and answers each line by what `answer` says. */
async function listening(answer: (line: string, socket: Socket) => void, greeting = ''): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-qemu-'));
  const path = join(folder, 'socket');
  const server = createServer((socket) => {
    socket.write(greeting);
    let rest = '';
    socket
      .on('error', () => undefined)
      .on('data', (data) => {
        const lines = (rest + data).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) answer(line, socket);
      });
  }).listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return path;
}

const qmp = (answers: Record<string, object>) =>
  listening((line, socket) => {
    const { execute } = JSON.parse(line) as { execute: string };
    socket.write(`{"event":"STOP"}\n${JSON.stringify(answers[execute] ?? { return: {} })}\n`);
  }, '{"QMP":{"version":{}}}\n');

test('the monitor answers commands, events between them or not', async () => {
  using monitor = await openMonitor(
    await qmp({ 'query-status': { return: { status: 'running' } } }),
    0,
    signal(),
  );
  expect(await monitor.execute('query-status')).toEqual({ status: 'running' });
});

test('what QEMU refuses is told in its own words', async () => {
  using monitor = await openMonitor(await qmp({ cont: { error: { desc: 'no such thing' } } }), 0, signal());
  await expect(monitor.execute('cont')).rejects.toThrow("QEMU refused 'cont': no such thing");
});

test('a machine that is off has no monitor', () =>
  expect(openMonitor('/nonexistent/monitor.sock', 0, signal())).rejects.toThrow(
    'the virtual machine is off',
  ));

test('a machine that ends while it is asked something is told', async () => {
  const path = await listening((line, socket) => {
    if (line.includes('qmp_capabilities')) socket.write('{"return":{}}\n');
    else socket.destroy();
  }, '{"QMP":{}}\n');
  using monitor = await openMonitor(path, 0, signal());
  await expect(monitor.execute('query-status')).rejects.toThrow('the virtual machine ended');
});

/** A machine that hears nothing before its third line. */
const guest = (code: number, output: string) => {
  let heard = 0;
  return listening((line, socket) => {
    heard += 1;
    if (heard < 3) return;
    const [number, script] = line.split(' ');
    const printed = Buffer.from(`${output}\n`).toString('base64');
    socket.write(script ? `${number} ${code} ${printed}\r\n` : `${number} 0\r\n`);
  });
};

test('a script for a machine waits until somebody in it listens', async () =>
  expect(await runInGuest(await guest(0, 'done'), 'true', signal())).toBe('done'));

test('a script that fails is told with what it printed', async () =>
  expect(runInGuest(await guest(3, 'ip: no such device'), 'ip', signal())).rejects.toMatchObject({
    details: { exitCode: 3, lastLines: ['ip: no such device'] },
  }));
