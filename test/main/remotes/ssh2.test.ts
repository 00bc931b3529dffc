import { execa } from 'execa';
import { expect, test } from 'vitest';
import { abortsAtCollection } from '../../../main/remotes/ssh2.ts';

test('a native module is told by the hook that it takes back when it is collected', () => {
  expect(abortsAtCollection(Buffer.from('\0_ZN4node29RemoveEnvironmentCleanupHookEPN2v87IsolateE\0'))).toBe(
    true,
  );
  expect(abortsAtCollection(Buffer.from('\0_ZN4node26AddEnvironmentCleanupHookEPN2v87IsolateE\0'))).toBe(
    false,
  );
});

test('ciphers that are collected leave the process alive, whichever way ssh2 was built', async () => {
  const program = `
    const ours = await import(${JSON.stringify(new URL('../../../main/remotes/ssh2.ts', import.meta.url).href)});
    ours.ssh2();
    const { createRequire } = await import('node:module');
    const require = createRequire(${JSON.stringify(import.meta.url)});
    const crypto = require('ssh2/lib/protocol/crypto.js');
    await crypto.init;
    const info = crypto.CIPHER_INFO['aes128-gcm@openssh.com'];
    const outbound = { seqno: 0, onWrite() {}, cipherInfo: info, cipherKey: Buffer.alloc(16), cipherIV: Buffer.alloc(12) };
    for (let made = 0; made < 150000; made++) {
      crypto.createCipher({ outbound });
      if (made % 5000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    console.log('alive');`;
  const { stdout, signal } = await execa(process.execPath, ['--input-type=module', '-e', program], {
    reject: false,
  });
  expect({ stdout, signal }).toEqual({ stdout: 'alive', signal: undefined });
});
