import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { mainConfig, nodeConfig, readLatest, result, scenario, shakedown, write } from './harness.ts';

/** A package whose daemon starts on installation, and dies unless its config is there. */
async function buildDeb(directory: string): Promise<void> {
  const tree = join(directory, 'tree');
  mkdirSync(tree);
  const control =
    'Package: greeter\nVersion: 1.2\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: greets\n';
  const unit =
    '[Service]\nExecStart=/bin/sh -c "cat /etc/greeter.conf && sleep 1000"\n[Install]\nWantedBy=multi-user.target\n';
  const postinst =
    '#!/bin/sh\nset -e\ndeb-systemd-helper enable greeter.service\ndeb-systemd-invoke start greeter.service\n';
  write(tree, 'DEBIAN/control', control);
  write(tree, 'DEBIAN/postinst', postinst);
  write(tree, 'lib/systemd/system/greeter.service', unit);
  await execa('chmod', ['755', join(tree, 'DEBIAN/postinst')]);
  await execa('dpkg-deb', ['--root-owner-group', '-b', tree, join(directory, 'greeter.deb')]);
}

test('a local .deb and pinned packages come in together; the daemon is held back until its config is there', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      "nodes: nspawn({ count: 2 }), checks: [command({ name: 'greets', command: 'journalctl -u greeter', on: 'all', stdout: 'hello from' })]",
    ),
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
  // Held back: had it started on installation, it would have failed for want of its config.
  expect(readLatest(directory, 'nodes/0/logs/greeter.log')).not.toContain('No such file');
  const fetched = readLatest(directory, 'tester.log').match(/apt proxy: fetching .*hello_/g) ?? [];
  expect(fetched.length).toBeLessThanOrEqual(1);
});
