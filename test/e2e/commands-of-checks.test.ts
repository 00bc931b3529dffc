import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { latest, mainConfig, scenario, shakedown, write } from './harness.ts';
import { machineThatExists } from './machine-that-exists.ts';

/** Twelve commands that hang, side by side; then one that leaves something running. */
const checks = `
import { eventually, expect, test } from 'shakedown/check';
test('commands that hang end at their limits', async ({ cluster }) => {
  const node = cluster.node(0);
  const hang = () => node.exec('sleep 300 & sleep 300', { timeout: 3 });
  const all = await Promise.allSettled(Array.from({ length: 12 }, hang));
  const told = all.map(({ reason }) => String(reason?.message).split('\\n')[0]);
  expect(new Set(told)).toEqual(new Set([expect.stringContaining('did not finish within 3 s')]));
  const left = () => node.sh('pgrep -c -fx "sleep 300" || true');
  expect(await left(), 'with all that they started').toBe('0');
});
test('a command has ended when its shell has', async ({ cluster }) => {
  const node = cluster.node(0);
  const begun = performance.now();
  expect((await node.exec('sleep 99 & echo started')).stdout).toBe('started\\n');
  expect(performance.now() - begun).toBeLessThan(30_000);
  expect(await node.sh('pgrep -c -fx "sleep 99"'), 'it is kept').toBe('1');
});
test('a task goes on until it is stopped', async ({ cluster }) => {
  const node = cluster.node(0);
  const task = await node.startTask('id -un; sleep 55 & for n in 1 2 3; do echo $n; done; wait');
  await eventually(async () => expect((await task.status()).stdout).toBe('root\\n1\\n2\\n3\\n'));
  expect(await node.sh('pgrep -c -fx "sleep 55"')).toBe('1');
  expect(await task.stop()).toMatchObject({ running: false, stdout: 'root\\n1\\n2\\n3\\n' });
  expect(await node.sh('pgrep -c -fx "sleep 55" || true')).toBe('0');
  expect(await (await node.startTask('exit 4')).ended()).toMatchObject({ exitCode: 4 });
  await expect(node.startTask('x', { sudo: true })).rejects.toThrow('sudo');
  await node.startTask('sleep 77; :');
});
`;

test.each([10, 2])('commands of checks use up none of the %i sessions that sshd has', async (sessions) => {
  const there = await machineThatExists();
  await there.onNode(`echo MaxSessions ${sessions} >> /etc/ssh/sshd_config && systemctl reload ssh`);
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      `nodes: ssh(['root@${there.address}']), checks: ['config/checks/*.check.ts']`,
    ),
    'config/checks/commands.check.ts': checks,
  });
  write(directory, 'home/.ssh/known_hosts', `${there.address} ${there.hostKey}\n`);
  const env = { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' };
  const run = await shakedown(directory, ['run', '-k', there.keyFile], env);
  expect(run.exitCode, run.all).toBe(0);
  expect(run.all).not.toContain('Channel open failure');
  const events = readFileSync(join(latest(directory), 'events.ndjson'), 'utf8');
  expect(events).toContain("'sleep 99 & echo started' left running: sleep 99");
  expect(await there.onNode('pgrep -fx "sleep (77|99|300)"'), 'until the services are stopped').toBe('');
});
