import { expect, test } from 'vitest';
import { pinned, sshTargets, withLogin } from '../../../../main/providers/vagrant/ssh-targets.ts';

/** As `vagrant ssh-config` prints it. */
const printed = (more = '') => `Host web
  HostName 127.0.0.1
  User vagrant
  Port 2222
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile "/home/a user/.vagrant/machines/web/virtualbox/private_key"
  IdentitiesOnly yes
  LogLevel FATAL
${more}
Host db
  HostName 192.168.121.7
  User admin
  Port 22
  IdentityFile /k
`;

test('machines are reached as vagrant says, and their host keys noted in a file of the cluster’s own', () =>
  expect(sshTargets(printed(), ['db', 'web'], '/state/known_hosts')).toEqual([
    {
      host: '192.168.121.7',
      port: 22,
      user: 'admin',
      identityFiles: ['/k'],
      acceptNewHostKey: true,
      knownHostsFiles: ['/state/known_hosts'],
    },
    {
      host: '127.0.0.1',
      port: 2222,
      user: 'vagrant',
      identityFiles: ['/home/a user/.vagrant/machines/web/virtualbox/private_key'],
      identitiesOnly: true,
      acceptNewHostKey: true,
      knownHostsFiles: ['/state/known_hosts'],
    },
  ]));

test('a machine behind a ProxyCommand is refused', () =>
  expect(() => sshTargets(printed('  ProxyCommand ssh far nc %h %p\n'), ['web'], '/k')).toThrow(
    "'web' through a ProxyCommand",
  ));

test('a machine of which vagrant told nothing is an error', () =>
  expect(() => sshTargets(printed(), ['cache'], '/k')).toThrow("no address of its machine 'cache'"));

test('the cluster’s login comes before vagrant’s, whose key serves its own user alone', () => {
  const target = { host: '10.0.3.2', port: 22, user: 'vagrant', identityFiles: ['/k'], identitiesOnly: true };
  expect(withLogin(target, { keyFile: '/own' })).toEqual({ ...target, keyFile: '/own' });
  expect(withLogin(target, { keyFile: '/own', user: 'joe' })).toEqual({
    host: '10.0.3.2',
    port: 22,
    user: 'joe',
    keyFile: '/own',
  });
});

test('a host key that is known takes the place of trust in the first one', () => {
  const target = {
    host: '10.0.3.2',
    port: 22,
    user: 'vagrant',
    acceptNewHostKey: true,
    knownHostsFiles: ['/k'],
  };
  expect(pinned(target, 'ssh-ed25519 AAAA')).toEqual({
    host: '10.0.3.2',
    port: 22,
    user: 'vagrant',
    hostKey: 'ssh-ed25519 AAAA',
  });
  expect(pinned(target, undefined)).toBe(target);
});
