import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ShakedownError } from '../../../../common/errors.ts';
import type { OpenCluster, OpenClusterOptions } from '../../../../main/run/embedded/open-cluster-options.ts';
import { openEmbeddedCluster } from '../../../../main/run/embedded/open-embedded-cluster.ts';
import { readKeptCluster } from '../../../../main/store/kept-cluster.ts';
import { type FakeWorld, fakeScenario, fakeWorld, type Troubles } from '../../../fakes/fake-world.ts';

/** Opens the fake scenario in a folder of its own, or in that of `before`. */
async function open(troubles: Troubles = {}, options: OpenClusterOptions = {}, before?: FakeWorld) {
  const first = fakeWorld(troubles);
  const home = (before ?? first).directory;
  const worlds: FakeWorld[] = [];
  const scenario = before ? opened.get(before) : fakeScenario();
  if (!scenario) throw new Error('that world opened nothing');
  opened.set(first, scenario);
  const cluster = openEmbeddedCluster(
    scenario.directory,
    { directory: home, ...options },
    {
      load: async () => scenario,
      world: (directory) => {
        const world = { ...first, directory };
        worlds.push(world);
        return world;
      },
    },
  );
  return { cluster: await cluster, world: first, worlds, home, asked: first.asked };
}

const opened = new WeakMap<FakeWorld, ReturnType<typeof fakeScenario>>();

const verdict = ({ run }: OpenCluster): unknown =>
  JSON.parse(readFileSync(join(run.directory, 'run.json'), 'utf8')).verdict;

describe('an open cluster', () => {
  test('is deployed and ready, and can be asked what check files ask', async () => {
    const { cluster, asked } = await open();
    await using _cluster = cluster;
    expect(asked).toContain('startService 1');
    expect(cluster.nodes.map(({ name }) => name)).toEqual(['n0', 'n1']);
    expect(await cluster.node('n1').sh('true')).toBe('');
    expect(asked.at(-1)).toBe('exec 1');
  });

  test('brings its evidence home and is gone when it is disposed of', async () => {
    const { cluster, asked, home } = await open();
    await cluster[Symbol.asyncDispose]();
    expect(asked).toContain('stopService 0');
    expect(asked.indexOf('destroy')).toBeGreaterThan(asked.indexOf('download 0: /srv/work'));
    expect(existsSync(join(home, 'nodes/0/to_deploy/app.conf'))).toBe(true);
    expect(verdict(cluster)).toBe('pass');
  });

  test('closes once, however often it is asked to', async () => {
    const { cluster, asked } = await open();
    const [one, other] = await Promise.all([cluster.close(), cluster.close()]);
    expect(one).toBe(other);
    expect(asked.filter((line) => line === 'destroy')).toHaveLength(1);
  });

  test('goes no further than it is asked to', async () => {
    const { cluster, asked } = await open({}, { until: 'setup' });
    await using _cluster = cluster;
    expect(asked).toContain('install 1');
    expect(asked).not.toContain('startService 1');
  });

  test('that does not come up throws the first failure, when its machines are gone', async () => {
    const error = new ShakedownError({ message: 'no answer', node: 1 });
    const failing = fakeWorld({ call: { 'startService 1': error } });
    const scenario = fakeScenario();
    const opening = openEmbeddedCluster(
      scenario.directory,
      { directory: failing.directory },
      { load: async () => scenario, world: () => failing },
    );
    await expect(opening).rejects.toMatchObject({
      details: { message: 'no answer', node: 1, phase: 'start' },
    });
    expect(failing.asked).toContain('destroy');
  });

  test('says of an operation that fails where it failed, with the stack of the call', async () => {
    const { cluster, world } = await open();
    await using _cluster = cluster;
    world.break('exec 1', new ShakedownError({ message: 'no room' }));
    const failed = await cluster
      .node(1)
      .exec('true')
      .catch((error: Error) => error);
    expect(failed).toMatchObject({ message: expect.stringContaining('Node 1 (10.0.0.1)') });
    expect((failed as Error).stack).toContain('open-cluster.test.ts');
  });
});

describe('a failed test', () => {
  test('is the run’s failure, and no error of closing', async () => {
    const { cluster } = await open();
    cluster.failed(new Error('expected 3 members, found 2'));
    await cluster[Symbol.asyncDispose]();
    expect(verdict(cluster)).toBe('fail');
  });

  test('keeps the machines where that is asked', async () => {
    const { cluster, home, asked } = await open({}, { keep: 'on-failure' });
    cluster.failed(new Error('no'));
    await cluster.close();
    expect(asked).not.toContain('destroy');
    expect(await readKeptCluster(home)).toMatchObject({ kept: true });
  });

  test('is heard of through the hooks of node:test and of Vitest, and the last one closes', async () => {
    const hooks: { each: ((context: unknown) => void)[]; all: (() => Promise<void>)[] } = {
      each: [],
      all: [],
    };
    const listen = {
      afterEach: (action: (context: unknown) => void) => hooks.each.push(action),
      after: (action: () => Promise<void>) => hooks.all.push(action),
    };
    const { cluster, asked } = await open({}, { hooks: listen });
    hooks.each[0]?.({ passed: true, name: 'fine' });
    hooks.each[0]?.({ task: { name: 'fine', result: { state: 'pass' } } });
    hooks.each[0]?.({ passed: false, name: 'one', error: new Error('from node:test') });
    hooks.each[0]?.({
      task: { name: 'two', result: { state: 'fail', errors: [{ message: 'from Vitest' }] } },
    });
    await hooks.all[0]?.();
    expect(asked).toContain('destroy');
    const { failures } = await cluster.close();
    expect(failures.map(({ message }) => message)).toEqual(['from node:test', 'from Vitest']);
  });
});

test('a service that dies unasked is thrown when the cluster is closed', async () => {
  const { cluster, world } = await open();
  world.die(1, { name: 'app', exitCode: 1, signal: null, agoMs: 0, lastLines: ['bad'] });
  await expect(cluster[Symbol.asyncDispose]()).rejects.toThrow("service 'app' ended unasked");
});

test('an aborted signal closes it', async () => {
  const { cluster, world, asked } = await open();
  world.interrupt();
  expect(await cluster.close()).toMatchObject({ exitCode: 130 });
  expect(asked).toContain('destroy');
});

test('two in one folder each have a folder', async () => {
  const one = await open();
  const other = await open({}, {}, one.world);
  expect(other.cluster.run.directory).toContain(join(one.home, '.shakedown/beside/1/.shakedown/runs'));
  await Promise.all([one.cluster.close(), other.cluster.close()]);
  const third = await open({}, {}, one.world);
  expect(third.cluster.run.directory).not.toContain('beside');
  await third.cluster.close();
});

describe('reuse', () => {
  test('takes the machines that the run before kept, and keeps them again', async () => {
    const one = await open({}, { reuse: true });
    await one.cluster.close();
    expect(one.asked).not.toContain('destroy');
    const other = await open({}, { reuse: true }, one.world);
    await other.cluster.close();
    expect(other.asked).not.toContain('create');
    expect(other.asked).toContain('startService 0');
    expect(await readKeptCluster(one.home)).toMatchObject({ kept: true });
  });

  test('without it kept machines go first', async () => {
    const one = await open({}, { keep: 'always' });
    await one.cluster.close();
    const other = await open({}, {}, one.world);
    await using _other = other.cluster;
    expect(other.asked.indexOf('destroy')).toBeLessThan(other.asked.indexOf('create'));
    expect(other.asked).toContain('destroy');
  });
});
