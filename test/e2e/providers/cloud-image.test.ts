import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { loginForNewMachines } from '../../../main/providers/login-for-new-machines.ts';
import type { Cluster } from '../../../main/providers/provider.ts';
import { QemuProvider } from '../../../main/providers/qemu/qemu-provider.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { newClusterId } from '../../../main/run/machines/make-machines.ts';
import { runContext } from '../../fakes/run-context.ts';
import { leftovers } from '../harness.ts';
import { debianCloudImage, withoutCloudInit } from './cloud-image/cloud-image.ts';

const provider = new QemuProvider();
const ctx = runContext();
const directory = mkdtempSync('/var/tmp/shakedown-cloud-');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A cluster of one machine, `one`, of an image; it goes with the test. */
async function make(image: string, { onTestFinished }: TestContext): Promise<Cluster> {
  const id = newClusterId();
  onTestFinished(async () => {
    await provider.destroy({ id }, ctx);
    expect(await leftovers([id])).toEqual([]);
  });
  const login = await loginForNewMachines({ user: 'joe' }, ctx.cacheDir);
  const options = { count: 1, image, memory: '768M', disk: '3G' };
  return provider.create(
    { cluster: id, machines: [{ id: 0, name: 'one' }], options, login, shares: [] },
    ctx,
  );
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** ms: more than the provider itself waits. */
const timeout = 560_000;

let image: string;
beforeAll(async () => {
  image = await debianCloudImage();
}, 600_000);

test.concurrent('a machine of a cloud image is who we say: its key is checked, its name and its login are ours', {
  timeout,
}, async (context) => {
  const before = await digest(image);
  const cluster = await make(image, context);
  const [machine] = cluster.machines;
  if (!machine) throw new Error('there is no machine');
  const { ssh } = machine;
  expect(ssh.hostKey).toMatch(/^ssh-ed25519 /);
  await using remote = await connectSsh(ssh, { signal: ctx.signal, timeout: 200 });
  const run = async (command: string) => (await remote.exec(command)).stdout.trim();
  expect(await run('hostname; whoami; sudo whoami')).toBe('one\njoe\nroot');
  expect(await run('ls /etc/ssh/*.pub; sudo cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub')).toBe(
    `/etc/ssh/ssh_host_ed25519_key.pub\n${ssh.hostKey}`,
  );
  expect(await run('grep -w one /etc/hosts')).toBe(`${machine.address} one`);
  expect(await run(`ping -c1 -W20 ${cluster.mainAddress} | grep -o ' 0% packet loss'`)).toBe(
    '0% packet loss',
  );
  // Of Debian, by its own boot loader, with its own kernel; and it has grown.
  expect(await run('cat /proc/cmdline')).toMatch(/^BOOT_IMAGE=\/boot\/vmlinuz-\S+-cloud-amd64 root=UUID=/);
  expect(Number(await run("df --output=size -BM / | tr -dc '0-9'"))).toBeGreaterThan(2500);
  expect(await digest(image)).toBe(before);
});

test.concurrent('one that came up without cloud-init is told, with what its console said last', {
  timeout,
}, async (context) => {
  const copy = await withoutCloudInit(image, join(directory, 'plain.raw'));
  const error = await make(copy, context).catch((thrown) => thrown);
  expect(error.details).toMatchObject({
    message: `no machine came up from the image ${copy}: it is up, but no cloud-init ran in it`,
    node: 0,
    hint: expect.stringContaining('cloud-init'),
  });
  expect(error.details.lastLines.at(-1)).toMatch(/ login:$/);
});

test.concurrent('so is a disk that nothing can be booted from', { timeout }, async (context) => {
  const empty = join(directory, 'empty.qcow2');
  await execa('qemu-img', ['create', '-f', 'qcow2', empty, '10M']);
  const error = await make(empty, context).catch((thrown) => thrown);
  expect(error.details.message).toContain('its BIOS finds no boot loader in it');
  expect(error.details.lastLines).toContain('No bootable device.');
});
