import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mainConfig, nodeConfig, readLatest, scenario, shakedown, write } from '../harness.ts';
import { machineThatExists } from '../machine-that-exists.ts';

test('a login that greets, with umask 077, is used like any other; mounted files are placed in place', async () => {
  const there = await machineThatExists();
  const joe = async (...lines: readonly string[]) => {
    await there.onNode(`cat > /etc/sudoers.d/joe <<'END'\n${lines.join('\n')}\nEND`);
  };
  await there.onNode(`useradd -m -s /bin/bash joe; cp -r /root/.ssh /home/joe; chown -R joe: /home/joe
    printf '%s\\n' 'umask 077' 'echo Welcome to this machine' 'printf "no end" >&2' 'set -x' > /home/joe/.bashrc
    echo '10.0.0.1 of-the-engine' > /srv/hosts; mount --bind /srv/hosts /etc/hosts`);
  await joe('Defaults umask_override, umask=0077', 'joe ALL=(ALL) NOPASSWD: ALL');
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      `nodes: ssh(['joe@${there.address}']), checks: [command({ name: 'placed', command: 'cat /etc/hosts', on: 'all', stdout: 'placed' })]`,
    ),
    'config/node.config.ts': nodeConfig(
      "services: [{ name: 'loop', command: 'exec sh loop.sh', user: 'nobody' }], place: [{ from: 'hosts', to: '/etc/hosts' }]",
    ),
    'node_files/hosts': '127.0.0.1 localhost placed\n',
  });
  write(directory, 'home/.ssh/known_hosts', `${there.address} ${there.hostKey}\n`);
  const env = { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' };
  const run = () => shakedown(directory, ['run', '-k', there.keyFile], env);
  const passed = await run();
  expect(passed.exitCode, passed.all).toBe(0);
  expect(passed.all).not.toContain('Welcome');
  expect(readLatest(directory, 'nodes/0/logs/loop.log')).toContain('looping');
  expect(await there.onNode('cat /etc/hosts; stat -c %a /srv/shakedown')).toBe('10.0.0.1 of-the-engine\n755');

  write(directory, 'make.sh', 'echo made; echo brought > out.txt\n');
  const wishes = [
    '--nodes',
    `joe@${there.address}`,
    '-k',
    there.keyFile,
    '--get',
    'out.txt',
    '--out',
    'back',
  ];
  const script = await shakedown(directory, ['script', 'make.sh', ...wishes], env);
  expect(script.exitCode, script.all).toBe(0);
  expect(script.stdout).toBe('made');
  expect(readFileSync(join(directory, 'back/out.txt'), 'utf8')).toBe('brought\n');

  await joe('Defaults requiretty', 'joe ALL=(ALL) NOPASSWD: ALL');
  const refused = await run();
  expect(refused.exitCode, refused.all).toBe(3);
  expect(refused.all).toMatch(/'joe' may not run commands as root: sudo: .*tty[\s\S]*!requiretty/);

  await there.onNode('chsh -s /usr/sbin/nologin joe');
  const nobody = await run();
  expect(nobody.exitCode, nobody.all).toBe(3);
  expect(nobody.all).toMatch(/shell of 'joe' on the node runs no commands: .*not available[\s\S]*chsh -s/);
});
