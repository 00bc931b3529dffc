import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ShakedownError, UsageError } from '../../../../common/errors.ts';
import { clusterWith } from '../../../../main/commands/nodes/kept-node.ts';
import { nodesCommandOf } from '../../../../main/commands/nodes/nodes.ts';
import type { MachineOf } from '../../../../main/providers/capabilities.ts';
import type { Provider } from '../../../../main/providers/provider.ts';
import type { KeptCluster } from '../../../../main/store/kept-cluster.ts';
import { acquireLock } from '../../../../main/store/lock.ts';
import { unusedPort } from '../../../fakes/ssh-server.ts';
import { node } from '../../remotes/fake-node.ts';
import { inFolder, keptIn } from '../kept-machines.ts';

/** Two kept machines, and a kind of machine that notes what is asked of it; `does` is how it goes. */
async function machines(does: (act: string, which: MachineOf) => void = () => undefined) {
  const { target } = await node();
  const directory = keptIn([target, target]);
  const asked: string[] = [];
  const note = (act: string) => async (which: MachineOf & { readonly name?: string }) => {
    asked.push([act, which.cluster.id, which.machine, which.name].join(' ').trim());
    does(act, which);
  };
  const power = { reboot: note('reboot'), powerOff: note('powerOff'), powerOn: note('powerOn') };
  const kind = { name: 'ssh', ...power, snapshot: note('snapshot'), restore: note('restore') };
  const command = nodesCommandOf(async () => [kind as unknown as Provider]);
  const nodes = (words: string, options: Record<string, unknown> = {}) =>
    inFolder(directory, command, { args: words.split(' '), options });
  return { asked, directory, nodes };
}

const withoutTimes = (text: string): string[] =>
  text
    .replace(/ \([^)]*\)/g, '')
    .trimEnd()
    .split('\n')
    .toSorted();

describe('nodes', () => {
  test('power cuts and restores the power of those that are named, by id or name', async () => {
    const { nodes, asked } = await machines();
    const off = await nodes('power off 0 db1 1');
    expect(off.code).toBe(0);
    expect(withoutTimes(off.stdout)).toEqual(['db0: power off', 'db1: power off']);
    expect(withoutTimes((await nodes('power on 0')).stdout)).toEqual(['db0: power on']);
    expect(asked).toEqual(['powerOff abc123 0', 'powerOff abc123 1', 'powerOn abc123 0']);
  });

  test('snapshot and restore take the snapshot’s name', async () => {
    const { nodes, asked } = await machines();
    await nodes('snapshot 0', { name: 'before' });
    const { stdout } = await nodes('restore 0', { name: 'before' });
    expect(withoutTimes(stdout)).toEqual(["db0: restore 'before'"]);
    expect(asked).toEqual(['snapshot abc123 0 before', 'restore abc123 0 before']);
  });

  test('that start a machine wait until it answers, and tell one that does not', async () => {
    const { nodes, asked, directory } = await machines();
    const file = join(directory, '.shakedown/cluster.json');
    const kept: KeptCluster = JSON.parse(readFileSync(file, 'utf8'));
    const [first, second] = kept.cluster.machines;
    const port = await unusedPort();
    const gone = { ...second, ssh: { ...second?.ssh, port } };
    writeFileSync(file, JSON.stringify({ ...kept, cluster: { ...kept.cluster, machines: [first, gone] } }));
    await expect(nodes('power on 1', { wait: 0.3 })).rejects.toMatchObject({
      message: expect.stringMatching(/^it did not come back after 'power on': no ssh answer/),
      details: { node: 1 },
    });
    expect(asked).toEqual(['powerOn abc123 1']);
  });

  test('tells what failed once all have ended', async () => {
    const { nodes, asked } = await machines((_act, { machine }) => {
      if (machine === 0) throw new ShakedownError({ message: 'it is stuck' });
    });
    const failed = nodes('power off 0 1');
    await expect(failed).rejects.toMatchObject({ message: 'it is stuck', details: { node: 0 } });
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['reboot', {}, 'Which node? 0 (db0), 1 (db1)'],
    ['reboot 0 7', {}, "There is no node '7'; there are: 0 (db0), 1 (db1)."],
    ['power 0', {}, "'nodes power' takes on or off, then nodes; found '0'."],
    ['power', {}, "'nodes power' takes on or off, then nodes."],
    ['snapshot 0', {}, "'nodes snapshot' takes the snapshot's name."],
    ['restore 0', { name: ['a', 'b'] }, "'nodes restore' takes the snapshot's name."],
    ['snapshot 0', { name: 'No' }, "'No' cannot be the name of a snapshot"],
    ['reboot 0', { wait: 'long' }, "--wait takes seconds; found 'long'."],
  ])('%s %j is the user’s mistake, and nothing is done', async (words, options, message) => {
    const { nodes, asked } = await machines();
    const done = nodes(words, options);
    await expect(done).rejects.toBeInstanceOf(UsageError);
    await expect(done).rejects.toThrow(message);
    expect(asked).toEqual([]);
  });

  test('leaves machines alone that a run is using', async () => {
    const { nodes, asked, directory } = await machines();
    await using _run = await acquireLock(directory);
    await expect(nodes('reboot 0')).rejects.toThrow('one run at a time');
    expect(asked).toEqual([]);
  });

  test('cannot what the kind of machine cannot', async () => {
    const { target } = await node();
    const kinds = [{ name: 'ssh' }, { name: 'box', reboot: async () => undefined }] as unknown as Provider[];
    const asked = inFolder(
      keptIn([target]),
      nodesCommandOf(async () => kinds),
      { args: ['reboot', '0'] },
    );
    await expect(asked).rejects.toThrow(
      'machines of kind ssh cannot be rebooted from outside; those of these kinds can: box',
    );
  });
});

test('machines that a script kept are each of a cluster of its own, which counts them for itself', () => {
  const other = (id: string, first: number) => ({ id, provider: 'nspawn', borrowed: false, first });
  const kept = {
    cluster: { id: 'aaaaaa', provider: 'qemu', machines: [], borrowed: false },
    others: [other('bbbbbb', 2), other('cccccc', 4)],
    first: 1,
  } as unknown as KeptCluster;
  const places = [1, 2, 3, 4].map((id) => {
    const { provider, which } = clusterWith(kept, { id } as never);
    return `${id} is ${which.machine} of ${provider} ${which.cluster.id}`;
  });
  expect(places).toEqual([
    '1 is 0 of qemu aaaaaa',
    '2 is 0 of nspawn bbbbbb',
    '3 is 1 of nspawn bbbbbb',
    '4 is 0 of nspawn cccccc',
  ]);
});
