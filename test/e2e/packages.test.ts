import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { mainConfig, nodeConfig, readLatest, result, scenario, shakedown, write } from './harness.ts';

/** A package whose daemon starts on installation, and dies unless its config is there. */
async function buildDeb(directory: string, build = ''): Promise<void> {
  const tree = join(directory, 'tree');
  mkdirSync(tree, { recursive: true });
  const control =
    'Package: greeter\nVersion: 1.2\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: greets\n';
  const unit =
    '[Service]\nExecStart=/bin/sh -c "cat /etc/greeter.conf && sleep 1000"\n[Install]\nWantedBy=multi-user.target\n';
  const postinst =
    '#!/bin/sh\nset -e\ndeb-systemd-helper enable greeter.service\ndeb-systemd-invoke start greeter.service\n';
  write(tree, 'DEBIAN/control', control);
  write(tree, 'DEBIAN/postinst', postinst);
  write(tree, 'usr/share/greeter/build', build);
  // As big as it is in the package: it travels as big files do.
  write(tree, 'usr/share/greeter/payload', 'x'.repeat(2_000_000));
  write(tree, 'lib/systemd/system/greeter.service', unit);
  await execa('chmod', ['755', join(tree, 'DEBIAN/postinst')]);
  await execa('dpkg-deb', ['--root-owner-group', '-Znone', '-b', tree, join(directory, 'greeter.deb')]);
}

test('a local .deb and pinned packages come in together; the daemon is held back until its config is there', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      "nodes: nspawn({ count: 2 }), checks: [command({ name: 'greets', command: 'journalctl -u greeter', on: 'all', stdout: 'hello from' }), 'config/checks/*.check.ts']",
    ),
    'config/checks/later.check.ts': `
import { expect, test } from 'shakedown/check';
test('packages, files and evidence in the middle of a run', async ({ cluster }) => {
  const node = cluster.node(0);
  expect(await node.sh('dpkg -s time 2>&1 || true')).toContain('is not installed');
  expect((await node.install(['time'])).map(({ name }) => name)).toContain('time');
  expect(await node.install(['time'])).toEqual([]);
  await expect(node.install(['no-such-package'])).rejects.toThrow('no-such-package');
  await expect(node.install(['time; reboot'])).rejects.toThrow('a Debian package');
  await node.sh('echo before > /etc/later.conf');
  await node.place('greeter.conf', '/etc/later.conf', { mode: 0o640 });
  expect(await node.sh('stat -c "%a %U" /etc/later.conf; cat /etc/later.conf')).toBe('640 root\\nhello from 0');
  await expect(node.place('../../etc/shadow', '/etc/later.conf')).rejects.toThrow('below the node files');
  expect(await node.evidence('halfway')).toEqual([]);
  expect(await node.clean()).toEqual([]);
  expect(await node.sh('cat /etc/later.conf; ls /etc/greeter.conf 2>&1 || true')).toMatch(/^before\\n.*No such file/);
  expect(await node.service('greeter').status()).toMatchObject({ state: 'stopped' });
});
`,
    'config/node.config.ts': nodeConfig(
      "debs: ['greeter.deb'], packages: ['hello'], services: [{ name: 'greeter', unit: 'greeter' }], place: [{ from: 'greeter.conf', to: '/etc/greeter.conf' }]",
    ),
    'node_files/greeter.conf.tmpl': 'hello from <{ node_id }>\n',
  });
  await buildDeb(directory);
  const run = await shakedown(directory, ['run']);
  expect(run.exitCode, run.all).toBe(0);
  const installed = result(directory).installed[1] ?? [];
  expect(installed.find(({ name }) => name === 'greeter')?.version).toBe('1.2');
  expect(installed.map(({ name }) => name)).toContain('hello');
  // To the machine on which the layer is made.
  expect(readLatest(directory, 'tester.log')).toMatch(/sent \S+greeter.deb: \d+ bytes in \d+ ms by SFTP/);
  // Held back: had it started on installation, it would have failed for want of its config.
  expect(readLatest(directory, 'nodes/0/logs/greeter.log')).not.toContain('No such file');
  const fetched = readLatest(directory, 'tester.log').match(/apt proxy: fetching .*hello_/g) ?? [];
  expect(fetched.length).toBeLessThanOrEqual(1);
  const halfway = (name: string) => readFileSync(join(directory, 'halfway', name), 'utf8');
  expect(halfway('files/greeter.conf')).toBe('hello from 0\n');
  expect(halfway('logs/packages.txt')).toMatch(/^time\t/m);
});

test('a .deb that was built anew under the same version is what is tested', async () => {
  const directory = scenario({
    'config/node.config.ts': nodeConfig(
      "debs: ['greeter.deb'], setup: [{ name: 'look', run: 'cat /usr/share/greeter/build > build.txt' }]",
    ),
  });
  await buildDeb(directory, 'first');
  const first = await shakedown(directory, ['run', '--keep']);
  expect(first.exitCode, first.all).toBe(0);
  expect(readLatest(directory, 'nodes/0/files/build.txt')).toBe('first');
  await buildDeb(directory, 'second');
  // As if the one before had come from somewhere else, of which nothing is known.
  const forget = 'rm /var/lib/shakedown/agent/installed-debs.json';
  expect((await shakedown(directory, ['exec', '0', '--', forget])).exitCode).toBe(0);
  const second = await shakedown(directory, ['rerun', '--from', 'clean']);
  expect(second.exitCode, second.all).toBe(0);
  expect(second.all).toContain('greeter 1.2 is there, maybe of another build: it is installed again');
  expect(readLatest(directory, 'nodes/0/files/build.txt')).toBe('second');
});

test('a virtual package is told with those that provide it', async () => {
  const directory = scenario({ 'config/node.config.ts': nodeConfig("packages: ['mail-transport-agent']") });
  const run = await shakedown(directory, ['run']);
  expect(run.exitCode, run.all).toBe(3);
  expect(run.all).toMatch(/'mail-transport-agent' is a virtual package, and several provide it: .*postfix/);
});
