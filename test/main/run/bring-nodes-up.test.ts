import { describe, expect, test } from 'vitest';
import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { bringNodesUp } from '../../../main/run/bring-nodes-up.ts';
import { FileLedger } from '../../../main/store/file-ledger.ts';
import { readKeptCluster } from '../../../main/store/kept-cluster.ts';
import { fakeScenario, fakeWorld, type Troubles } from '../../fakes/fake-world.ts';

async function up(troubles: Troubles = {}) {
  const world = fakeWorld(troubles);
  const result = await bringNodesUp({ scenario: fakeScenario(), flags: { count: '2' } }, world);
  const ledger = new FileLedger(`${world.directory}/.shakedown/runs/latest`).openEntries();
  return { world, result, ledger, asked: world.asked, kept: await readKeptCluster(world.directory) };
}

describe('machines without a run', () => {
  test('are made, waited for and kept; nothing is put on them', async () => {
    const { asked, kept, ledger, result } = await up();
    expect(asked).toEqual([
      'create',
      ...['connect 0', 'connect 1'],
      ...['disconnect 0', 'disconnect 1'],
      'keep',
    ]);
    expect(kept).toMatchObject({ kept: true, flags: { count: '2' }, workingDirs: [] });
    expect(ledger).toEqual([]);
    expect(result).toMatchObject({ verdict: 'pass', exitCode: 0, kept: kept?.cluster.id });
  });

  test('are destroyed if one of them does not answer', async () => {
    const { asked, kept, ledger, result } = await up({
      connect: { 1: new ShakedownError({ message: 'no ssh answer' }) },
    });
    expect(asked.at(-1)).toBe('destroy');
    expect([kept, ledger]).toEqual([undefined, []]);
    expect(result).toMatchObject({ verdict: 'error', exitCode: 3 });
    expect(result.failures[0]).toMatchObject({ message: 'no ssh answer', node: 1, phase: 'connect' });
  });

  test('a mistake of the user is thrown', async () => {
    await expect(up({ create: new UsageError('no such release') })).rejects.toBeInstanceOf(UsageError);
  });
});
