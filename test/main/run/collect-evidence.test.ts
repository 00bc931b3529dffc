import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { run } from '../../../main/run/run.ts';
import { fakeScenario, fakeWorld } from '../../fakes/fake-world.ts';

test('the evidence of a node comes home as soon as its services have stopped, while those of others still stop', async () => {
  const first = Promise.withResolvers<void>();
  const world = fakeWorld({
    // Node 1 stops when files of node 0 have come home, and not before.
    beforeAnswer: (call) => (call === 'stopService 1' ? first.promise : undefined),
    duringDownload: () => first.resolve(),
  });
  const { verdict } = await run({ scenario: fakeScenario(), flags: {}, keep: 'never' }, world);
  expect(verdict).toBe('pass');
  const end = world.asked.filter((line) => /^(stopService|download)/.test(line));
  expect(end).toEqual(['stopService 0', 'download 0: /srv/work', 'stopService 1', 'download 1: /srv/work']);
});

test('nothing is brought home of a node before its own services have stopped', async () => {
  const world = fakeWorld();
  await run({ scenario: fakeScenario(3), flags: {}, keep: 'never' }, world);
  for (const node of [0, 1, 2]) {
    const ofNode = world.asked.filter((line) => line.split(/[ :]/).includes(String(node)));
    const stopped = ofNode.indexOf(`stopService ${node}`);
    expect(stopped).toBeGreaterThan(-1);
    for (const evidence of ['planCollection', 'reports'])
      expect(ofNode.indexOf(`${evidence} ${node}`), evidence).toBeGreaterThan(stopped);
  }
});

test('a node whose services will not stop keeps nothing from the evidence of any', async () => {
  const world = fakeWorld({ call: { 'stopService 0': new Error('will not stop') } });
  const { failures } = await run({ scenario: fakeScenario(), flags: {}, keep: 'never' }, world);
  expect(failures.map(({ phase, node, message }) => [phase, node, message])).toEqual([
    ['stop', 0, 'will not stop'],
  ]);
  expect(world.asked).toEqual(expect.arrayContaining(['download 0: /srv/work', 'download 1: /srv/work']));
});

test('the reports are there while the machines are still being taken away', async () => {
  const world = fakeWorld();
  const report = join(world.directory, '.shakedown/runs/latest/report.html');
  const slow: typeof world.provider = async (name) => ({
    ...(await world.provider(name)),
    destroy: () => vi.waitFor(() => expect(existsSync(report)).toBe(true)),
  });
  const { verdict, failures } = await run(
    { scenario: fakeScenario(), flags: {}, keep: 'never' },
    { ...world, provider: slow },
  );
  expect({ verdict, failures }).toEqual({ verdict: 'pass', failures: [] });
});
