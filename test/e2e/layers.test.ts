import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import {
  clusterIds,
  leftovers,
  mainConfig,
  nodeConfig,
  readLatest,
  result,
  scenario,
  shakedown,
  start,
  until,
  write,
} from './harness.ts';

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

/**
 * A package with a daemon that wants a config, and with all that is hard to keep: what was there before and
 * is gone, a folder in place of another. `contents` make it another one of the same version.
 */
async function buildDeb(directory: string, contents: string, postinst = ''): Promise<void> {
  const tree = join(directory, 'tree');
  const control =
    'Package: marker\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: marks\n';
  const unit =
    '[Service]\nExecStart=/bin/sh -c "cat /etc/marker.conf && sleep 1000"\n[Install]\nWantedBy=multi-user.target\n';
  const script = [
    '#!/bin/sh\nset -e',
    'rm -f /etc/issue.net',
    'rm -rf /usr/share/common-licenses && mkdir /usr/share/common-licenses && echo new > /usr/share/common-licenses/mine',
    'deb-systemd-helper enable marker.service\ndeb-systemd-invoke start marker.service',
    postinst,
  ].join('\n');
  write(tree, 'DEBIAN/control', control);
  write(tree, 'DEBIAN/postinst', `${script}\n`);
  write(tree, 'usr/share/marker/contents', contents);
  write(tree, 'lib/systemd/system/marker.service', unit);
  await execa('chmod', ['755', join(tree, 'DEBIAN/postinst')]);
  // The same bytes wherever it is built.
  const env = { SOURCE_DATE_EPOCH: '1' };
  await execa('dpkg-deb', ['--root-owner-group', '-b', tree, join(directory, 'marker.deb')], { env });
}

const look =
  'ls /etc/issue.net 2>&1; ls /usr/share/common-licenses; cat /usr/share/marker/contents; echo; hostname; cat /var/step; cat /etc/hostname /etc/machine-id; sha256sum /etc/ssl/private/*.key /etc/ssh/ssh_host_rsa_key; cat /var/lib/dbus/machine-id';

/** Two nodes with that package and a step that is kept with it. */
async function markedScenario(contents: string, postinst = '', packages = ''): Promise<string> {
  const directory = scenario({
    'config/main.config.ts': mainConfig('nodes: nspawn({ count: 2 })'),
    'config/node.config.ts': nodeConfig(`
      debs: ['marker.deb'],
      packages: [${packages}],
      services: [{ name: 'marker', unit: 'marker' }],
      place: [{ from: 'marker.conf', to: '/etc/marker.conf' }],
      setup: [
        { name: 'once', run: 'pwd > /var/step; ls /srv/shakedown >> /var/step 2> /dev/null || true', cacheable: true },
        { name: 'look', run: '(${look}) > look.txt 2>&1' },
      ]`),
    'node_files/marker.conf.tmpl': 'hello from <{ node_id }>\n',
  });
  await buildDeb(directory, contents, postinst);
  return directory;
}

const unlike = (): string => randomBytes(8).toString('hex');

/** What the postinst scripts of openssh-server and dbus do, where these come in. */
const identity = 'ssh-keygen -A; rm -f /var/lib/dbus/machine-id; dbus-uuidgen --ensure';

test('what is installed once is there on all nodes of this run and of later ones', async () => {
  const contents = unlike();
  const directory = await markedScenario(contents, identity, "'ssl-cert'");
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
  const beside = await markedScenario(contents, identity, "'ssl-cert'");
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

test('what each machine has for itself is made by each', async () => {
  const key = `/etc/key-${unlike()}`;
  const directory = await markedScenario(unlike(), `head -c 8 /dev/urandom > ${key}`);
  const first = await shakedown(directory, ['run']);
  expect(first.exitCode, first.all).toBe(0);
  expect(first.all).toContain(`installing it once more to compare: no package has ${key}`);
  expect(first.all).toContain(`no layer for marker.deb, 'once': each machine has its own ${key}`);
  expect(layersOf(directory)).toEqual([]);
  const second = await shakedown(directory, ['run']);
  expect(second.exitCode, second.all).toBe(0);
  expect(second.all).not.toContain('once more');
});
