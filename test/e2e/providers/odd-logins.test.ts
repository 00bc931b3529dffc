import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bringBigFile, sendBigFile } from '../../../main/cluster/operations/big-files.ts';
import { bring, send } from '../../../main/cluster/operations/copy.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { mainConfig, nodeConfig, readLatest, scenario, shakedown, write } from '../harness.ts';
import { machineThatExists } from '../machine-that-exists.ts';
import { ctx } from '../nspawn-cluster.ts';

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

test('a single big file goes by SFTP as a login that is not root’s, and through the channel where that cannot be', async () => {
  const there = await machineThatExists();
  await there.onNode(`useradd -m -s /bin/bash joe; cp -r /root/.ssh /home/joe; chown -R joe: /home/joe
    echo 'joe ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/joe`);
  const { address: host, hostKey, keyFile } = there;
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-big-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'big');
  writeFileSync(file, randomBytes(3_000_000), { mode: 0o640 });

  /** Sends it to a place that is root's and brings it back; gives what was told besides. */
  async function thereAndBack(): Promise<string> {
    const target = { host, port: 22, user: 'joe', hostKey, keyFile };
    await using remote = await connectSsh(target, { signal: ctx.signal, timeout: 200 });
    const told: string[] = [];
    const sftp = { ...{ via: remote }, log: (line: string) => void told.push(line) };
    await there.onNode('rm -rf /srv/deep');
    const sent = await sendBigFile(remote, file, '/srv/deep/big', sftp);
    if (!sent) await send(remote, file, '/srv/deep/big', { sftp: remote });
    expect(await there.onNode('stat -c "%U:%G %a %s" /srv/deep/big; ls -A /srv/deep')).toBe(
      'root:root 640 3000000\nbig',
    );
    const back = join(directory, `back${told.length}${Math.random()}`);
    await bringBigFile(remote, '/srv/deep/big', `${back}.sftp`, sftp);
    await bring(remote, '/srv/deep/big', back, { sftp: remote });
    expect(readFileSync(back).equals(readFileSync(file))).toBe(true);
    return told.join('\n');
  }

  // Only root may read what joe has sent: it comes through the channel.
  expect(await thereAndBack()).toMatch(
    /^sent .*by SFTP\n.*Permission denied.*; it comes through the channel$/,
  );
  await there.onNode("echo 'echo Welcome' > /home/joe/.bashrc");
  expect(await thereAndBack()).toMatch(/; it is sent through the channel\n.*; it comes through the channel$/);
  await there.onNode('rm /home/joe/.bashrc; sed -i /^Subsystem/d /etc/ssh/sshd_config; systemctl reload ssh');
  expect(await thereAndBack()).toMatch(/; it is sent through the channel\n.*; it comes through the channel$/);
  expect(await there.onNode('ls -d /var/tmp/shakedown-* | wc -l')).toBe('0');
});
