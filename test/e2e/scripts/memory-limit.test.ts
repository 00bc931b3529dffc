import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { agentShares } from '../../../main/agent/agent-shares.ts';
import type { DistributeResult } from '../../../main/distribute/results/distribute-result.ts';
import { loginForNewMachines } from '../../../main/providers/login-for-new-machines.ts';
import type { Machine } from '../../../main/providers/provider.ts';
import { QemuProvider } from '../../../main/providers/qemu/qemu-provider.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { newClusterId } from '../../../main/run/machines/make-machines.ts';
import { runContext } from '../../fakes/run-context.ts';
import { leftovers, readLatest, start, write } from '../harness.ts';

/** A project with a test that leaks, and tests that look how it was ended; where it is run is `config`. */
function project(config: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-memory-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  write(
    directory,
    'distribute.config.ts',
    `import { qemu } from 'shakedown';
    export default { files: 'test/*.sh', command: 'sh {file}', runners: 1, limits: { memory: '100M' }, ${config} };`,
  );
  write(
    directory,
    'test/leaks.sh',
    `(trap '' TERM; exec sleep 600) & echo $! >leaked; perl -e '$x = "x" x 300e6; sleep 600' & wait\n`,
  );
  write(directory, 'test/none.sh', '! kill -0 $(cat leaked)\n');
  write(
    directory,
    'test/told.sh',
    'id -un; cd /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup) && [ $(cat memory.max memory.oom.group | xargs echo | tr " " -) = 104857600-1 ]\n',
  );
  return directory;
}

/** The kernel has ended the test that leaks, with all that it started. Gives what the tests said. */
async function distributed(directory: string, args: readonly string[] = [], env = {}): Promise<string> {
  const { all } = await start(directory, ['distribute', ...args], env);
  expect(readLatest(directory, 'events.ndjson'), all).toContain('the kernel sees to that (memory.max)');
  const { files }: DistributeResult = JSON.parse(readLatest(directory, 'distribute.json'));
  const outOfMemory = /^it was out of memory: it asked for more than its limit/;
  expect(files.map(({ file, verdict, message }) => [file, verdict, message])).toEqual([
    ['test/leaks.sh', 'fail', expect.stringMatching(outOfMemory)],
    ['test/none.sh', 'pass', undefined],
    ['test/told.sh', 'pass', undefined],
  ]);
  return readLatest(directory, 'distribute.log');
}

/** Debian's kernel has the memory controller of version 2, and systemd hands it on; containers need not. */
test('where the kernel can, it limits the memory of a file’s processes and ends all of them', async () => {
  await distributed(project('machines: qemu({ count: 1 })'));
});

/** A machine on which logind gives each who logs in a systemd of their own, as on any Debian server. */
async function machineWithSessions(): Promise<Machine> {
  const [provider, ctx, cluster] = [new QemuProvider(), runContext(), newClusterId()];
  onTestFinished(async () => {
    await provider.destroy({ id: cluster }, ctx);
    expect(await leftovers([cluster])).toEqual([]);
  });
  const login = await loginForNewMachines({ user: 'ann' }, ctx.cacheDir);
  const shares = await agentShares(ctx.cacheDir);
  const options = { count: 1, packages: ['libpam-systemd'] };
  const spec = { cluster, machines: [{ id: 0, name: 'n0' }], options, login, shares };
  const [machine] = (await provider.create(spec, ctx)).machines;
  if (!machine) throw new Error('there is a machine');
  await using remote = await connectSsh(machine.ssh, { signal: ctx.signal, timeout: 200 });
  const line =
    'systemctl unmask systemd-logind && systemctl start systemd-logind && rm /etc/sudoers.d/shakedown';
  expect(await remote.exec(line, { root: true })).toMatchObject({ exitCode: 0 });
  return machine;
}

test('and it does without root, where the systemd of who logs in hands its control groups on', async () => {
  const { address, ssh } = await machineWithSessions();
  const directory = project('');
  write(directory, 'home/.ssh/known_hosts', `${address} ${ssh.hostKey}\n`);
  write(directory, '.gitignore', 'home/\n');
  const args = ['--nodes', `ann@${address}`, '--key', ssh.keyFile ?? ''];
  const log = await distributed(directory, args, { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' });
  expect(log).toMatch(/ test\/told\.sh \| ann$/m);
});
