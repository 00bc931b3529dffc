import { expect, test } from 'vitest';
import { UsageError } from '../../../common/errors.ts';
import { accountOf } from '../../../main/providers/account-of.ts';
import { isClusterId, mustBeClusterId } from '../../../main/providers/cluster-id.ts';

test('an id is six hex digits', () => {
  expect(isClusterId('a1b2c3')).toBe(true);
  expect(() => mustBeClusterId('qemu', 'a1b2c3')).not.toThrow();
});

test.each(['../../', '../../x', 'a1b2c', 'a1b2c3d', 'ABC123', 'a1b2c3\n', ''])('%j is none', (id) => {
  expect(isClusterId(id)).toBe(false);
  expect(() => mustBeClusterId('qemu', id)).toThrow(UsageError);
  expect(() => mustBeClusterId('qemu', id)).toThrow('is not the id of a cluster of kind qemu');
});

test('the account on machines that we make is root’s, or one of a name that a script may have', () => {
  const publicKey = 'ssh-ed25519 AAAA';
  expect(accountOf('qemu', { publicKey })).toEqual({ user: 'root', publicKey });
  expect(accountOf('qemu', { user: 'joe-1', publicKey, keyFile: '/k' })).toEqual({
    user: 'joe-1',
    publicKey,
  });
  for (const user of ['root; reboot', '-x', 'Joe', 'a b', '', `a${'b'.repeat(32)}`]) {
    expect(() => accountOf('qemu', { user, publicKey })).toThrow('cannot be the name of a user');
  }
  expect(() => accountOf('qemu', { user: 'joe' })).toThrow('qemu: a public key to log in with is needed');
});
