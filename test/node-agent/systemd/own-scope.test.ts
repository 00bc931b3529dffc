import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { moveToOwnScope } from '../../../node-agent/systemd/own-scope.ts';
import { temporaryFolder } from '../temporary.ts';

/** Where the systemd of a user listens, with one who hangs up when it has heard what it is asked. */
async function listening() {
  const XDG_RUNTIME_DIR = temporaryFolder();
  mkdirSync(join(XDG_RUNTIME_DIR, 'systemd'));
  const heard: string[] = [];
  const server = createServer((peer: Socket) => {
    peer.write('OK 00ff\r\n');
    peer.on('data', (chunk) => {
      heard.push(chunk.toString('latin1'));
      if (chunk.includes('StartTransientUnit')) peer.destroy();
    });
  });
  server.listen(join(XDG_RUNTIME_DIR, 'systemd/private'));
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { env: { XDG_RUNTIME_DIR }, heard };
}

test('a process asks for a scope that is handed on to it; where that is refused, it stays where it is', async () => {
  const { env, heard } = await listening();
  expect(await moveToOwnScope(env)).toBe(false);
  const asked = heard.join('');
  for (const word of [`shakedown-agent-${process.pid}.scope`, 'PIDs', 'Delegate'])
    expect(asked).toContain(word);
});

test('and so where who logs in has no systemd', async () => {
  expect(await moveToOwnScope({ XDG_RUNTIME_DIR: temporaryFolder() })).toBe(false);
});
