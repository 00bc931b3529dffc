import { existsSync, readdirSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { clusterIds, leftovers, readLatest, result, shakedown, start, until } from './harness.ts';
import { buildDeb, markedScenario, unlike } from './layers/marker.ts';

const layers = '/var/lib/shakedown/layers';
/** Layers that others have, or want, stay out of this. */
const before = new Set(existsSync(layers) ? readdirSync(layers) : []);
const ours: string[] = [];

afterAll(async () => {
  for (const id of new Set(ours)) await shakedown('/', ['images', 'remove', id]);
});

/** The ids of the layers that a folder's latest run used. */
function layersOf(directory: string): readonly string[] {
  const used = Object.values(result(directory).layers ?? {}).map(({ key }) => key);
  ours.push(...used);
  return [...new Set(used)];
}

const look =
  'ls /etc/issue.net 2>&1; ls /usr/share/common-licenses; cat /usr/share/marker/contents; echo; hostname; cat /var/step; cat /etc/hostname /etc/machine-id; sha256sum /etc/ssl/private/*.key /etc/ssh/ssh_host_rsa_key; cat /var/lib/dbus/machine-id';

/** What the postinst scripts of openssh-server and dbus do, where these come in. */
const identity = 'ssh-keygen -A; rm -f /var/lib/dbus/machine-id; dbus-uuidgen --ensure';

test('what is installed once is there on all nodes of this run and of later ones', async () => {
  const contents = unlike();
  const directory = await markedScenario(contents, { look, postinst: identity, packages: "'ssl-cert'" });
  const first = await shakedown(directory, ['run']);
  expect(first.exitCode, first.all).toBe(0);
  expect(first.all).toContain(
    "installing ssl-cert, marker.deb, 'once' once, as a layer that the 2 nodes and later runs",
  );
  const seen = [0, 1].map((node) => readLatest(directory, `nodes/${node}/files/look.txt`).split('\n'));
  for (const [gone = '', mine, marked, host, where, hostname, machine, , , bus] of seen) {
    expect([gone, mine, marked]).toEqual([expect.stringContaining('No such file'), 'mine', contents]);
    expect([host, bus]).toEqual([hostname, machine]);
    // In `/`, before there is any node file.
    expect(where).toBe('/');
  }
  // Name, machine id, the certificate's key and that of ssh: each has its own.
  const own = seen.map((lines) => [3, 6, 7, 8].map((line) => lines[line]));
  expect(new Set(own.flat()).size).toBe(8);
  expect(readLatest(directory, 'nodes/1/logs/marker.log')).not.toContain('No such file');
  const [layer = ''] = layersOf(directory);

  // The service is held back until its config is there, though nothing was installed now.
  const second = await shakedown(directory, ['run', '--keep']);
  expect(second.exitCode, second.all).toBe(0);
  expect(second.all).not.toContain('as a layer');
  expect(second.all).toMatch(
    /node 1 {2}from the layer of [\d: -]+ \(\d+\.\d s then; --fresh installs anew\)/,
  );
  expect(readLatest(directory, 'nodes/1/logs/marker.log')).toContain('hello from 1');
  expect(layersOf(directory)).toEqual([layer]);

  // It stays while machines lie over it: for who removes it, and for who makes it anew.
  const refused = await shakedown(directory, ['images', 'remove', layer]);
  expect(refused.all).toContain('is in use');
  const beside = await markedScenario(contents, { look, postinst: identity, packages: "'ssl-cert'" });
  const fresh = await shakedown(beside, ['run', '--fresh']);
  expect(fresh.exitCode, fresh.all).toBe(0);
  expect(fresh.all).toContain('as a layer');
  expect(layersOf(beside)).toEqual([layer]);
  const still = await shakedown(directory, ['exec', '0', '--', 'cat', '/usr/share/marker/contents']);
  expect(still.stdout).toContain(contents);
  expect((await shakedown(directory, ['down'])).exitCode).toBe(0);

  // The same version with other contents is another package.
  await buildDeb(directory, `${contents} changed`, identity);
  const changed = await shakedown(directory, ['run']);
  expect(changed.exitCode, changed.all).toBe(0);
  const [other = ''] = layersOf(directory);
  expect(other).not.toBe(layer);
  expect(readLatest(directory, 'nodes/0/files/look.txt')).toContain(`${contents} changed`);
  const why = await shakedown(directory, ['images', 'why', other]);
  expect(why.stdout).toMatch(new RegExp(`${layer}(.|\\n)*local package marker.deb: digest [0-9a-f]+, there`));
});

test('two runs that want the same layer make it once; one whose maker was killed is never used', async () => {
  const contents = unlike();
  const [one, two] = [await markedScenario(contents), await markedScenario(contents)];
  const killed = start(one, ['run']);
  await until(one, '"installing marker.deb"');
  killed.kill('SIGKILL');
  await killed;
  const runs = await Promise.all([one, two].map((directory) => shakedown(directory, ['run'])));
  for (const { exitCode, all } of runs) expect(exitCode, all).toBe(0);
  const makers = runs.filter(({ all }) => all.includes('as a layer'));
  const waiters = runs.filter(({ all }) => /waits for process \d+, which makes the same layer/.test(all));
  expect([makers.length, waiters.length]).toEqual([1, 1]);
  expect(layersOf(one)).toEqual(layersOf(two));
  expect(await leftovers([...clusterIds(one), ...clusterIds(two)])).toEqual([]);
  const parts = readdirSync(layers).filter((name) => name.includes('.part-') && !before.has(name));
  expect(parts).toEqual([]);
});

test('a package that fails on the second node only fails there', async () => {
  const postinst = 'if [ "$(hostname)" = node1 ]; then echo "no room on this one" >&2; exit 1; fi';
  const directory = await markedScenario(unlike(), { postinst });
  const first = await shakedown(directory, ['run']);
  expect(first.exitCode, first.all).toBe(1);
  expect(first.all).toContain(
    "no layer for marker.deb, 'once': marker.postinst asks for the machine's name; it is installed on each node",
  );
  const [failure] = result(directory).failures;
  expect(failure).toMatchObject({ node: 1, phase: 'install', verdict: 'fail' });
  expect(JSON.stringify(failure)).toContain('no room on this one');
  expect(layersOf(directory)).toEqual([]);
});

test('what each machine has for itself is made by each', async () => {
  const key = `/etc/key-${unlike()}`;
  const directory = await markedScenario(unlike(), { postinst: `head -c 8 /dev/urandom > ${key}` });
  const first = await shakedown(directory, ['run']);
  expect(first.exitCode, first.all).toBe(0);
  expect(first.all).toContain(`installing it once more to compare: no package has ${key}`);
  expect(first.all).toContain(`no layer for marker.deb, 'once': each machine has its own ${key}`);
  expect(layersOf(directory)).toEqual([]);
  const second = await shakedown(directory, ['run']);
  expect(second.exitCode, second.all).toBe(0);
  expect(second.all).not.toContain('once more');
});
