import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ShakedownError, UsageError } from '../../../../common/errors.ts';
import type { MachineAct } from '../../../../common/machine-acts.ts';
import { type ActOptions, actOnMachine } from '../../../../main/cluster/power/act-on-machine.ts';
import type { CanPower, CanReboot } from '../../../../main/providers/capabilities.ts';
import type { Machine, Provider } from '../../../../main/providers/provider.ts';
import type { Remote } from '../../../../main/remotes/remote.ts';
import { folder } from '../../remotes/fake-node.ts';

const machine: Machine = {
  id: 3,
  name: 'n3',
  address: '10.0.0.3',
  ssh: { host: '10.0.0.3', port: 22, user: 'root' },
};

/** A connection to a machine whose boot is called so. */
function remoteOf(boot: string, closed: string[] = []): Remote {
  const exec = async () => ({ stdout: boot, exitCode: 0 });
  return {
    exec,
    [Symbol.asyncDispose]: async () => void closed.push(boot),
  } as unknown as Remote;
}

const kind = (name: string, more: object = {}): Provider => ({ name, ...more }) as Provider;
const rebooting = (reboot: CanReboot['reboot']) => kind('box', { reboot });

function act(
  what: MachineAct,
  provider: Provider,
  more: Partial<ActOptions & { remote: Remote }> = {},
  on = machine,
) {
  const options = {
    signal: new AbortController().signal,
    log: () => undefined,
    timeout: 20,
    kinds: async () => [
      provider,
      rebooting(async () => undefined),
      kind('sea', { powerOff: true, snapshot: true }),
    ],
    connect: async () => remoteOf('second'),
    ...more,
  };
  return actOnMachine(on, { provider, which: { cluster: { id: 'abc123' }, machine: 0 } }, what, options);
}

test('a machine that is rebooted is waited for until it has another boot', async () => {
  const asked: unknown[] = [];
  const closed: string[] = [];
  const boots = ['first', 'first', 'second'];
  const connect = async () => remoteOf(boots.shift() ?? 'none', closed);
  const provider = rebooting(async (which) => void asked.push(which));
  const remote = await act({ act: 'reboot' }, provider, { connect, remote: remoteOf('first') });
  expect((await remote?.exec(''))?.stdout).toBe('second');
  expect(closed, 'connections to a machine that has not gone down yet').toEqual(['first', 'first']);
  expect(asked).toEqual([{ cluster: { id: 'abc123' }, machine: 0 }]);
});

test('one of which no boot is known, since it hangs, is waited for until it answers', async () => {
  const remote = await act(
    { act: 'reboot' },
    rebooting(async () => undefined),
  );
  expect((await remote?.exec(''))?.stdout).toBe('second');
});

test('one that is switched off is not waited for', async () => {
  const connect = () => Promise.reject(new Error('nobody asked for it'));
  const off: CanPower['powerOff'] = async () => undefined;
  expect(await act({ act: 'powerOff' }, kind('box', { powerOff: off }), { connect })).toBeUndefined();
});

test('one that does not come back is told, with the end of its console', async () => {
  const consoleLog = join(folder(), 'console.log');
  writeFileSync(consoleLog, 'Starting\r\n\u001b[0;31mFailed\u001b[0m to mount /\r\n\r\n');
  const connect = () => Promise.reject(new ShakedownError({ message: 'no ssh answer within 1 s' }));
  const asked = act(
    { act: 'reboot' },
    rebooting(async () => undefined),
    { connect },
    { ...machine, consoleLog },
  );
  await expect(asked).rejects.toMatchObject({
    message: "it did not come back after 'reboot': no ssh answer within 1 s",
    details: {
      node: 3,
      address: '10.0.0.3',
      lastLines: ['Starting', 'Failed to mount /'],
      hint: expect.stringContaining('timeouts: { boot: SECONDS }'),
    },
  });
});

test('an act that takes too long is ended', async () => {
  const reboot: CanReboot['reboot'] = (_which, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  await expect(act({ act: 'reboot' }, rebooting(reboot), { timeout: 0.05 })).rejects.toMatchObject({
    message: "'reboot' did not finish within 0.05 s",
    details: { node: 3 },
  });
});

test('one that fails is told as the node that it is in the whole cluster', async () => {
  const reboot = () => Promise.reject(new ShakedownError({ message: 'it is stuck', node: 0 }));
  await expect(act({ act: 'reboot' }, rebooting(reboot))).rejects.toMatchObject({
    message: 'it is stuck',
    details: { node: 3, address: '10.0.0.3' },
  });
});

test('an interrupt is one', async () => {
  const controller = new AbortController();
  const reboot = async () => controller.abort(new Error('enough'));
  const connect = (_target: unknown, { signal }: { signal: AbortSignal }) => Promise.reject(signal.reason);
  const asked = act({ act: 'reboot' }, rebooting(reboot), { signal: controller.signal, connect });
  await expect(asked).rejects.toThrow('enough');
});

test('what its kind cannot do is told with the kinds that can, and nothing is done', async () => {
  const ssh = kind('ssh');
  await expect(act({ act: 'reboot' }, ssh)).rejects.toThrow(
    'machines of kind ssh cannot be rebooted from outside; those of these kinds can: box',
  );
  await expect(act({ act: 'powerOn' }, ssh)).rejects.toThrow(
    'cannot be switched off and on; those of these kinds can: sea',
  );
  await expect(act({ act: 'restore', name: 'x' }, ssh)).rejects.toThrow('cannot be taken back to a snapshot');
});

test.each(['', 'A', 'a b', '../x', '-x', 'x'.repeat(64)])("'%s' is no name of a snapshot", async (name) => {
  const asked = act({ act: 'snapshot', name }, kind('sea', { snapshot: async () => undefined }));
  await expect(asked).rejects.toBeInstanceOf(UsageError);
});
