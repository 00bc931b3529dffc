import { expect, test } from 'vitest';
import { sshTargets } from '../../../../main/providers/vagrant/ssh-targets.ts';

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
