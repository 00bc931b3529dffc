import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { loginForNewMachines } from '../../../main/providers/login-for-new-machines.ts';
import { providerNamed } from '../../../main/providers/registry.ts';
import { newClusterId } from '../../../main/run/machines/make-machines.ts';
import { runContext } from '../../fakes/run-context.ts';
import { clusterIds, leftovers, readLatest, result, shakedown, start, until } from '../harness.ts';
import { markedScenario, unlike } from './marker.ts';

const look = [
  'ls /etc/issue.net; ls /usr/share/common-licenses; cat /usr/share/marker/contents; echo',
  'cat /etc/machine-id /var/lib/dbus/machine-id /etc/ssh/ssh_host_ed25519_key.pub; ls -A /var/lib/rabbitmq',
].join('; ');

/** What postinst scripts of dbus and rabbitmq-server do. */
const identity =
  'rm -f /var/lib/dbus/machine-id; dbus-uuidgen --ensure; mkdir -p /var/lib/rabbitmq; head -c 9 /dev/urandom > /var/lib/rabbitmq/.erlang.cookie';

/** Moments at which a maker is killed, in ms after it begins to install. */
const moments = [0, 1000, 2000, 4000, 8000];

/**
 * Machines of a kind start from what was installed once: also when makers of the layer were killed before, as
 * often as `kills` says. `machines` is what the config has.
 */
export async function startFromLayer(kind: string, machines: string, kills: number): Promise<void> {
  const ours: string[] = [];
  onTestFinished(async () => {
    for (const id of new Set(ours)) await shakedown('/', ['images', 'remove', id]);
  });
  const contents = unlike();
  const directory = await markedScenario(contents, { machines, look, postinst: identity });

  // What a killed maker left is taken away, and no layer is made of it.
  for (const moment of moments.slice(0, kills)) {
    const killed = start(directory, ['run']);
    await until(directory, '"installing marker.deb"');
    await sleep(moment);
    killed.kill('SIGKILL');
    await killed;
    expect((await shakedown(directory, ['reap'])).exitCode).toBe(0);
    expect(await leftovers(clusterIds(directory))).toEqual([]);
    // The next one's events are waited for, not these.
    rmSync(join(directory, '.shakedown'), { recursive: true });
  }

  const own: string[] = [];
  const runOf = async (...args: string[]) => {
    const { exitCode, all } = await shakedown(directory, ['run', ...args]);
    expect(exitCode, all).toBe(0);
    const [gone, mine, marked, machine = '', bus, key = '', ...cookie] = readLatest(
      directory,
      'nodes/0/files/look.txt',
    ).split('\n');
    expect([mine, marked, cookie.join('')]).toEqual(['mine', contents, '']);
    expect(gone).toContain('No such file');
    expect(bus).toBe(machine);
    own.push(machine, key);
    expect(readLatest(directory, 'nodes/0/logs/marker.log')).toContain('hello from 0');
    expect(readLatest(directory, 'nodes/0/logs/marker.log')).not.toContain('No such file');
    const used = Object.values(result(directory).layers ?? {}).map((layer) => layer.key);
    expect(used).toHaveLength(1);
    ours.push(...used);
    return { all, key: used[0] ?? '' };
  };
  const first = await runOf();
  // A maker that was killed late may have been through with it.
  const made = /installing marker\.deb, 'once' once, as a layer/;
  expect(first.all).toMatch(kills > 1 ? RegExp(`${made.source}|from the layer of`) : made);
  const second = await runOf('--keep');
  expect(second.key).toBe(first.key);
  expect(second.all).not.toContain('as a layer');
  expect(new Set(own).size).toBe(4);

  // It is one of the images: explained, and in use while machines lie over it.
  const images: { provider: string; id: string; inUse: boolean; description: string }[] = JSON.parse(
    (await shakedown(directory, ['images', '--json'])).stdout,
  );
  const image = images.find(({ id }) => id.includes(first.key));
  expect(image).toMatchObject({ provider: kind, inUse: true });
  expect(image?.description).toContain("marker.deb, 'once' over bookworm");
  ours.push(image?.id ?? '');
  const why = await shakedown(directory, ['images', 'why', `${image?.id}`]);
  expect(why.stdout).toContain("of marker.deb, 'once'");
  const refused = await shakedown(directory, ['images', 'remove', `${image?.id}`]);
  expect(refused.exitCode).not.toBe(0);
  expect((await shakedown(directory, ['down'])).exitCode).toBe(0);
  const removed = await shakedown(directory, ['images', 'remove', `${image?.id}`]);
  expect(removed.exitCode, removed.all).toBe(0);
  expect(await leftovers(clusterIds(directory))).toEqual([]);

  // Who found it before it was removed is told, before anything is made.
  const provider = await providerNamed(kind);
  const options = kind === 'docker' ? { count: 1, engine: 'podman' } : { count: 1 };
  const ctx = runContext();
  const spec = { cluster: newClusterId(), machines: [{ id: 0, name: 'n0', layer: first.key }], options };
  const login = await loginForNewMachines({}, ctx.cacheDir);
  const making = provider.create({ ...spec, login, shares: [] }, ctx);
  await expect(making).rejects.toThrow(`the layer ${first.key} is gone: it was removed a moment ago`);
}
