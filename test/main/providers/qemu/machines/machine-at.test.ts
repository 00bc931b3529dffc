import { expect, test } from 'vitest';
import { addressOf, machineAt } from '../../../../../main/providers/qemu/machines/machine-at.ts';
import { reachOf } from '../../../../../main/providers/qemu/network/addresses.ts';

const machine = { id: 3, name: 'db', role: 'primary' };
const login = { user: 'joe', keyFile: '/k' };
const made = { consoleLog: '/c', hostKey: 'ssh-ed25519 AAAA' };

test('a machine on a bridge of the main host is reached at its address', async () => {
  expect(reachOf(true, false)).toBe('bridge');
  const at = { cluster: 'a1b2c3', net: '10.1.2', reach: 'bridge' } as const;
  const address = await addressOf(machine, at, new AbortController().signal);
  const spareAddresses = expect.arrayContaining(['10.1.2.254']);
  expect(address).toEqual({ address: '10.1.2.5', sshHost: '10.1.2.5', sshPort: 22, spareAddresses });
  expect(machineAt(address, machine, login, made)).toEqual({
    ...machine,
    address: '10.1.2.5',
    ssh: { host: '10.1.2.5', port: 22, ...login, hostKey: made.hostKey },
    spareAddresses,
    consoleLog: '/c',
  });
});

test('one in a namespace is reached by ssh only, at a port of the loopback', () => {
  expect([reachOf(true, true), reachOf(false, true)]).toEqual(['slirp', 'user']);
  const address = { address: '10.1.2.7', sshHost: '127.0.0.1', sshPort: 40001, sshOnly: true } as const;
  expect(machineAt(address, machine, {})).toMatchObject({
    address: '10.1.2.7',
    sshOnly: true,
    ssh: { host: '127.0.0.1', port: 40001, user: 'root' },
  });
});
