import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { mainConfig, nodeConfig, readLatest, result, scenario, shakedown, start, write } from '../harness.ts';
import { machineThatExists } from '../machine-that-exists.ts';

/** A scenario that borrows the machine, in a home whose known_hosts has `hostKey` for it. */
function borrowing({ address, hostKey }: { address: string; hostKey: string }, user = 'root') {
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      `nodes: ssh(['${user}@${address}']), checks: [command({ name: 'placed', command: 'cat /etc/greeting', on: 'all', stdout: 'hello' })]`,
    ),
    'config/node.config.ts': nodeConfig(
      "services: [{ name: 'loop', command: 'exec sh loop.sh' }], place: [{ from: 'greeting', to: '/etc/greeting' }]",
    ),
    'node_files/greeting': 'hello\n',
  });
  write(directory, 'home/.ssh/known_hosts', hostKey === '' ? '' : `${address} ${hostKey}\n`);
  return { directory, env: { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' } };
}

test('machines that exist are borrowed over ssh and given back as they were', async () => {
  const there = await machineThatExists();
  await there.onNode('echo before > /etc/greeting');
  const { directory, env } = borrowing(there);

  const run = await shakedown(directory, ['run', '-k', there.keyFile], env);
  expect(run.exitCode, run.all).toBe(0);
  expect(readLatest(directory, 'nodes/0/logs/loop.log')).toContain('looping');
  expect(await there.onNode('cat /etc/greeting; ls -A /srv/shakedown; pgrep -f "[l]oop.sh"')).toBe('before');

  // Killed in the middle: the agent stops the service by itself, and reap puts the file back.
  write(
    directory,
    'config/checks/wait.check.ts',
    "import { test } from 'shakedown/check';\ntest('waits', () => new Promise(() => undefined));\n",
  );
  const killed = start(directory, ['run', '-k', there.keyFile], env);
  await expect.poll(() => there.onNode('cat /etc/greeting')).toContain('hello');
  killed.kill('SIGKILL');
  await killed;
  const reap = await shakedown(directory, ['reap'], env);
  expect(reap.exitCode, reap.all).toBe(0);
  expect(await there.onNode('cat /etc/greeting; pgrep -f "[l]oop.sh"')).toBe('before');
});

test('a changed host key, an unknown one, a wrong key, no sudo rights: each says what to do', async () => {
  const there = await machineThatExists();
  const attempt = async (known: string, keyFile: string, user = 'root') => {
    const { directory, env } = borrowing({ ...there, hostKey: known }, user);
    const run = await shakedown(directory, ['run', '-k', keyFile], env);
    expect(run.exitCode, run.all).toBe(3);
    expect(result(directory).failures[0]).toMatchObject({ node: 0, phase: 'connect' });
    return run.all;
  };
  const otherHostKey = there.hostKey.replace(/.{8}$/, 'AAAABBBB');
  expect(await attempt(otherHostKey, there.keyFile)).toMatch(
    /host key .* has changed \(.*known_hosts:1[\s\S]*ssh-keygen .*-R/,
  );
  expect(await attempt('', there.keyFile)).toMatch(/not in known_hosts[\s\S]*ssh -p 22/);

  const { directory } = borrowing(there);
  const wrongKey = join(directory, 'wrong');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', wrongKey]);
  expect(await attempt(there.hostKey, wrongKey)).toMatch(/refused the login of 'root'[\s\S]*--key/);

  await there.onNode('useradd -m joe && cp -r /root/.ssh /home/joe/.ssh && chown -R joe: /home/joe/.ssh');
  expect(await attempt(there.hostKey, there.keyFile, 'joe')).toMatch(
    /'joe' may not run commands as root[\s\S]*sudoers/,
  );
});

test('services of machines that are borrowed and kept go on until `down`, which leaves nothing of ours', async () => {
  const there = await machineThatExists();
  await there.onNode(
    'echo before > /etc/greeting; printf "[Service]\\nExecStart=/bin/sleep 70001\\n" > /etc/systemd/system/own.service; systemctl daemon-reload',
  );
  const { directory, env } = borrowing(there);
  write(
    directory,
    'config/node.config.ts',
    nodeConfig(
      "services: [{ name: 'loop', command: 'exec sleep 70002' }, { name: 'own', unit: 'own' }], place: [{ from: 'greeting', to: '/etc/greeting' }], setup: [{ name: 'left', run: 'setsid sleep 70003 > /dev/null 2>&1 &' }]",
    ),
  );
  const ours = () =>
    there.onNode('pgrep -fx "sleep 7000[23]"; systemctl show --value -p MainPID own; cat /etc/greeting');
  const kept = await shakedown(directory, ['run', '--keep', '-k', there.keyFile], env);
  expect(kept.exitCode, kept.all).toBe(0);
  const alive = await ours();
  expect(alive).toMatch(/^\d+\n[1-9]\d*\nhello$/);
  const exec = await shakedown(directory, ['exec', '0', '--', 'cat /etc/greeting'], env);
  expect(exec).toMatchObject({ exitCode: 0, stdout: 'hello' });
  const again = await shakedown(directory, ['rerun', '--from', 'check'], env);
  expect(again.exitCode, again.all).toBe(0);
  expect(await ours()).toBe(alive);
  const down = await shakedown(directory, ['down'], env);
  expect(down.exitCode, down.all).toBe(0);
  expect(await ours()).toBe('0\nbefore');
  const left =
    'pgrep -f [/]var/cache/shakedown; pgrep sleep; ls -A /srv/shakedown; ls -A /var/lib/shakedown/agent/originals';
  expect(await there.onNode(`${left}; find /var/tmp /tmp /run /sys/fs/cgroup -iname "*shakedown*"`)).toBe('');
});
