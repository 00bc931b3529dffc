import { expect, test } from 'vitest';
import type { Remote } from '../../../../main/remotes/remote.ts';
import { whyLost } from '../../../../main/script/machine/machine-loss.ts';

const target = { host: 'n', port: 22, user: 'root' };

/** Why a machine was lost whose boot was `kernel 100`, by what it says of its boot when it answers again. */
async function reasonFor(connect: () => Promise<string>): Promise<string> {
  const connector = {
    connect: async () => {
      const stdout = await connect();
      return {
        exec: async () => ({ stdout }),
        [Symbol.asyncDispose]: async () => undefined,
      } as unknown as Remote;
    },
  };
  const { signal } = new AbortController();
  return (await whyLost(new Error('it broke'), target, 'kernel\n100\n', connector, signal)).message;
}

test('a container that was restarted has the boot id of its kernel, and yet another boot', async () => {
  expect(await reasonFor(async () => 'kernel\n100\n')).toMatch(
    /^the connection broke though .*\(it broke\)$/,
  );
  expect(await reasonFor(async () => 'kernel\n7200\n')).toBe('the script rebooted the machine (it broke)');
  expect(await reasonFor(async () => 'other\n100\n')).toBe('the script rebooted the machine (it broke)');
  const silent = () => Promise.reject(new Error('no answer'));
  expect(await reasonFor(silent)).toMatch('did not answer again within 30 s');
});
