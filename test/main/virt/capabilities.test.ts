import { expect, test } from 'vitest';
import type { CanReboot } from '../../../main/providers/capabilities.ts';
import type { Provider } from '../../../main/providers/provider.ts';
import { capabilitiesOf } from '../../../main/virt/capabilities.ts';

const plain = { name: 'plain' } as Provider;
const restarting = { name: 'restarting', reboot: async () => undefined } as unknown as Provider & CanReboot;

test('a machine that we make goes back to what it was, and root is there', () =>
  expect(capabilitiesOf(plain, true)).toEqual(['revert', 'revert-full-system', 'root-on-testbed']));

test('a machine that exists promises nothing before it has been looked at', () =>
  expect(capabilitiesOf(restarting, false)).toEqual([]));

test('what it is made of, and whether it can be restarted, is told as it is', () => {
  expect(capabilitiesOf(plain, true, { root: true, container: true })).toEqual([
    'revert',
    'revert-full-system',
    'root-on-testbed',
    'isolation-container',
  ]);
  expect(capabilitiesOf(restarting, true, { root: true, container: false, user: 'admin' })).toEqual([
    'revert',
    'revert-full-system',
    'reboot',
    'root-on-testbed',
    'isolation-machine',
    'suggested-normal-user=admin',
  ]);
});

test('a login without rights is no root, and a borrowed machine is not restarted', () =>
  expect(capabilitiesOf(restarting, false, { root: false, container: false, user: 'joe' })).toEqual([
    'isolation-machine',
    'suggested-normal-user=joe',
  ]));
