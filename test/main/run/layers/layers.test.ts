import { describe, expect, test } from 'vitest';
import { ShakedownError } from '../../../../common/errors.ts';
import type { LayerSurvey } from '../../../../main/providers/capabilities.ts';
import { run } from '../../../../main/run/run.ts';
import type { RunRequest } from '../../../../main/run/run-request.ts';
import { type FakeLayers, withLayers } from '../../../fakes/fake-layers.ts';
import { fakeScenario, fakeWorld, type Troubles } from '../../../fakes/fake-world.ts';

const key = (digest: string): LayerSurvey => ({
  strays: [{ path: '/etc/etcd/key', digest, owner: 'etcd' }],
  named: [],
  asking: [],
});

/** Runs a scenario of two nodes with `etcd`, in a world of its own or in that of an earlier run. */
async function take(
  layers: Partial<FakeLayers> = {},
  request: Partial<RunRequest> = {},
  troubles: Troubles = {},
  before?: { readonly cacheDir: string },
) {
  const { kept = new Map(), ...more } = layers;
  const world = withLayers(fakeWorld(troubles), { kept, versions: ['etcd=3'], ...more });
  if (before) Object.assign(world, { cacheDir: before.cacheDir });
  const result = await run({ scenario: fakeScenario(), flags: {}, keep: 'never', ...request }, world);
  const notes = world.events.flatMap((event) => (event.type === 'note' ? [event.message] : []));
  const installs = world.asked.filter((line) => line.startsWith('install '));
  const starts = world.asked.filter((line) => / from layer-/.test(line));
  return { result, world, kept, notes, installs, starts, asked: world.asked };
}

describe('what a run installs', () => {
  test('is installed once on a machine of its own, whose layer all nodes start from', async () => {
    const { result, installs, starts, asked, notes } = await take();
    expect(result.verdict).toBe('pass');
    expect(installs).toEqual(['install 0']);
    expect(starts).toHaveLength(2);
    // The machine is looked through before its layer is taken, and gone after.
    const order = ['create', 'install 0', 'survey 0', 'save', 'destroy'].map((each) => asked.indexOf(each));
    expect(order).toEqual(order.toSorted((one, other) => one - other));
    expect(notes.join('\n')).toContain('installing etcd once, as a layer that the 2 nodes and later runs');
    expect(
      notes.filter((note) => /^from the layer of \d\d:\d\d \(\d+\.\d s then; --fresh/.test(note)),
    ).toHaveLength(2);
    expect(result.installed[1]).toEqual([{ name: 'etcd', version: '3' }]);
  });

  test('is not installed again by the next run, unless it is told to', async () => {
    const { kept, world } = await take();
    const second = await take({ kept }, {}, {}, world);
    expect([second.installs, second.starts.length]).toEqual([[], 2]);
    const fresh = await take({ kept }, { fresh: true }, {}, world);
    expect([fresh.installs, fresh.starts.length]).toEqual([['install 0'], 2]);
  });

  test('is installed on each node where the scenario says so, and on machines that are there', async () => {
    const scenario = { ...fakeScenario(), cache: false };
    const { installs, starts } = await take({}, { scenario });
    expect([installs, starts]).toEqual([['install 0', 'install 1'], []]);
  });

  test('is a layer for each set of packages', async () => {
    const scenario = fakeScenario(3);
    const packages = (id: number) => (id === 2 ? ['etcd', 'curl'] : ['etcd']);
    const nodeConfig: typeof scenario.nodeConfig = (node, nodes) => ({
      ...scenario.nodeConfig(node, nodes),
      packages: packages(node.id),
    });
    const { installs, starts } = await take({}, { scenario: { ...scenario, nodeConfig } });
    expect(installs).toEqual(['install 0', 'install 2']);
    expect(new Set(starts.map((line) => line.split(' ').at(-1))).size).toBe(2);
  });

  test('is no layer where it depends on the addresses', async () => {
    const scenario = fakeScenario();
    const nodeConfig: typeof scenario.nodeConfig = (node, nodes) => ({
      ...scenario.nodeConfig(node, nodes),
      packages: [node.address.startsWith('10.') ? 'etcd' : 'curl'],
    });
    const { installs, starts } = await take({}, { scenario: { ...scenario, nodeConfig } });
    expect([installs, starts]).toEqual([['install 0', 'install 1'], []]);
  });

  test('is installed anew where the mirror has newer packages, or a kept layer is of an older version', async () => {
    const { kept, world } = await take();
    const newer = await take({ kept, versions: ['etcd=3.1'] }, {}, {}, world);
    expect(newer.starts).toEqual([]);
    // It came to be newer still while it was installed.
    expect(newer.notes.join('\n')).toContain('apt took other versions than etcd=3.1');
    for (const [key, text] of kept) kept.set(key, text.replace('"format":2', '"format":1'));
    const older = await take({ kept }, {}, {}, world);
    expect(older.installs).toEqual(['install 0']);
  });

  test('is installed on each node, with all that is known of a failure, where it fails as a layer', async () => {
    const why = { message: 'postinst failed', verdict: 'fail', hint: 'mend it' } as const;
    const call = { 'install 0': new ShakedownError(why) };
    const { result, notes } = await take({}, {}, { call });
    expect(notes).toContain('no layer: postinst failed (mend it)');
    expect(result.failures[0]).toMatchObject({ message: 'postinst failed', phase: 'install', node: 0 });
  });
});

describe('what is a machine’s own', () => {
  test('is looked for in files that no package has, by a second installation', async () => {
    const { installs, starts, notes } = await take({ surveys: [key('a'), key('a')] });
    expect([installs, starts.length]).toEqual([['install 0', 'install 0'], 2]);
    expect(notes.join('\n')).toContain('once more to compare: no package has /etc/etcd/key');
  });

  test('is not shared, and remembered: the next run installs on each node at once', async () => {
    const { world, installs, notes, starts } = await take({ surveys: [key('a'), key('b')] });
    expect([installs.length, starts]).toEqual([4, []]);
    const why = 'no layer for etcd: each machine has its own /etc/etcd/key; it is installed on each node';
    expect(notes).toContain(why);
    const second = await take({}, {}, {}, world);
    expect(second.installs).toEqual(['install 0', 'install 1']);
    expect(second.notes).toContain(why);
    // Another version of the package is judged by what was seen of this one.
    const newer = await take({ versions: ['etcd=3.1'], surveys: [key('c')] }, {}, {}, world);
    expect(newer.notes.join('\n')).not.toContain('once more');
  });

  test('is known by the machine’s name that stands in it', async () => {
    const { installs, notes } = await take({
      surveys: [{ strays: [], named: ['/etc/mailname'], asking: [] }],
    });
    expect(installs).toHaveLength(3);
    expect(notes.join('\n')).toContain('writes the machine’s name into /etc/mailname'.replace('’', "'"));
  });

  test('may be what a package does: one that asks for the name is installed on each node', async () => {
    const survey = { strays: [], named: [], asking: ['etcd.postinst'] };
    const { installs, notes, result } = await take(
      { surveys: [survey] },
      {},
      { call: { 'install 1': new ShakedownError({ message: 'not on node1', verdict: 'fail' }) } },
    );
    expect(installs).toEqual(['install 0', 'install 0', 'install 1']);
    const why = "etcd.postinst asks for the machine's name";
    expect(notes).toContain(`no layer for etcd: ${why}; it is installed on each node`);
    expect(result.failures[0]).toMatchObject({ message: 'not on node1', node: 1 });
  });

  test('stays out of the layer where each node can make its own', async () => {
    const path = '/etc/ssl/private/ssl-cert-snakeoil.key';
    const { asked, installs } = await take({
      surveys: [{ strays: [{ path, digest: 'a' }], named: [], asking: [] }],
    });
    expect(installs).toEqual(['install 0']);
    expect(asked).toContain(`save ${path}`);
    // Besides, each enables the units that its packages brought.
    expect(asked.filter((line) => line.startsWith('exec 1'))).toHaveLength(2);
  });

  test('shows in a second installation that fails: each node is installed by itself', async () => {
    const afterSurvey: FakeLayers['afterSurvey'] = (world) =>
      world.break('install 0', new ShakedownError({ message: 'only the first works', verdict: 'fail' }));
    const { notes, result } = await take({ surveys: [key('a')], afterSurvey });
    expect(notes.join('\n')).toContain('a second installation of it failed: only the first works');
    expect(result.failures[0]).toMatchObject({ message: 'only the first works', node: 0 });
  });
});
