import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { write } from '../harness.ts';
import { connect, during } from '../nspawn-cluster.ts';
import { distributed, expectTests, inARow } from '../suite-on-machines.ts';

/** Larger ones are in `test/e2e/long`. */
test('simplejson, whose Debian package carries its tests: over two machines each has the verdict that it has in a row', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-public-suite-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const packages = ['python3-pytest', 'python3-simplejson'];
  const meeting = join(directory, 'meeting');
  mkdirSync(meeting);
  const shares = [{ source: meeting, target: '/srv/meeting' }];
  const cluster = await during(2, { os: 'bookworm', packages }, { user: 'ann', shares });
  const [remote, other] = await connect(cluster);
  if (!remote || !other) throw new Error('there are two machines');
  await using _ = remote;
  await using __ = other;
  const project = join(directory, 'project');
  mkdirSync(project);
  await remote.download(['/usr/lib/python3/dist-packages/simplejson'], project, {
    base: '/usr/lib/python3/dist-packages',
  });
  // The suite is so short that one machine could be done with it before the other one is ready.
  write(
    project,
    'distribute.config.ts',
    `export default { hooks: { node_setup:
      'touch /tmp/there; until [ -e /srv/meeting/all ]; do sleep 0.1; done' } };`,
  );
  const suite = {
    ...{ files: ['simplejson/tests/test_*.py'], command: 'python3 -m pytest -q {files}' },
    // A user's python may have another one.
    env: { PYTHONNOUSERSITE: '1' },
  };
  const expected = await inARow(suite, project, remote);
  expect(expected).toHaveLength(142);
  for (const time of ['the first time', 'with its history']) {
    const running = distributed(suite, project, cluster, directory);
    for (const each of [remote, other])
      await each.exec('until [ -e /tmp/there ]; do sleep 0.1; done', { timeout: 300 });
    write(meeting, 'all', '');
    expectTests(await running, expected, time);
    rmSync(join(meeting, 'all'));
    for (const each of [remote, other]) await each.exec('rm /tmp/there');
  }
});
