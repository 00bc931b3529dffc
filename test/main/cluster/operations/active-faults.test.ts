import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { RunEventBody } from '../../../../common/events.ts';
import type { Node } from '../../../../main/cluster/node.ts';
import { ActiveFaults } from '../../../../main/cluster/operations/active-faults.ts';
import type { LedgerEntry } from '../../../../main/context/run-context.ts';
import type { FaultContext, FaultNode } from '../../../../main/faults/fault.ts';
import { faultUndo } from '../../../../main/ledger/fault-undo.ts';
import type { UndoWorld } from '../../../../main/ledger/undo-kind.ts';

/** What was done on the nodes, in order, and what the ledger had then. */
const { done, ledger, troubles } = vi.hoisted(() => ({
  done: [] as string[],
  ledger: [] as string[],
  troubles: { inject: '', heal: '' },
}));

vi.mock(import('../../../../main/faults/faults.ts'), () => {
  const act =
    (what: 'inject' | 'heal') =>
    async (node: FaultNode, [word]: [string], ctx: FaultContext) => {
      done.push(`${what} ${word} on ${node.machine.id} as ${ctx.name}, ledger: ${ledger.join(' ')}`);
      if (troubles[what]) throw new Error(troubles[what]);
    };
  const noise = {
    params: z.tuple([z.string()]),
    describe: ([word]: [string]) => `it says ${word}`,
    inject: act('inject'),
    heal: act('heal'),
  };
  return { faults: { noise } as never };
});

const node = (id: number) => ({ id, machine: { id, name: `n${id}`, address: `10.0.0.${id}` } }) as Node;
const [first, second] = [node(0), node(1)];

function faults(isBorrowed = true) {
  done.length = 0;
  ledger.length = 0;
  Object.assign(troubles, { inject: '', heal: '' });
  const entries: LedgerEntry[] = [];
  const events: RunEventBody[] = [];
  const list = {
    record: async (entry: LedgerEntry) => {
      entries.push(entry);
      ledger.push(entry.id);
    },
    remove: async (id: string) => void ledger.splice(ledger.indexOf(id), 1),
  };
  const reach = async () => ({ agent: {}, [Symbol.asyncDispose]: async () => undefined });
  const world = { reach, signal: new AbortController().signal } as unknown as UndoWorld;
  const made = new ActiveFaults({
    cluster: '4f2a91',
    isBorrowed: () => isBorrowed,
    undo: async (entry) => {
      await faultUndo.undo(entry, world);
      await list.remove(entry.id);
    },
    ctx: { emit: (event) => void events.push(event), ledger: list },
  });
  const notes = () => events.map((event) => (event.type === 'note' ? `${event.node}: ${event.message}` : ''));
  return { made, entries, notes };
}

describe('a fault', () => {
  test('is in the ledger before it is injected, until it is healed; both are told', async () => {
    const { made, notes, entries } = faults();
    const id = await made.inject(first, 'noise', ['boo']);
    await made.heal(id);
    await made.heal(id);
    expect(done).toEqual([
      'inject boo on 0 as shakedown_4f2a91_1, ledger: shakedown_4f2a91_1',
      'heal boo on 0 as shakedown_4f2a91_1, ledger: shakedown_4f2a91_1',
    ]);
    expect(ledger).toEqual([]);
    expect(entries).toEqual([{ kind: 'fault', id, machine: first.machine, fault: 'noise', params: ['boo'] }]);
    expect(notes()).toEqual(['0: it says boo', '0: no longer: it says boo']);
  });

  test('on a machine that was made goes with its cluster', async () => {
    const { made, entries } = faults(false);
    await made.heal(await made.inject(first, 'noise', ['boo']));
    expect(entries).toMatchObject([{ kind: 'fault', goesWith: '4f2a91' }]);
    expect([ledger, done.length]).toEqual([[], 2]);
  });

  test('that cannot be injected is taken back', async () => {
    const { made, notes } = faults();
    troubles.inject = 'no such tool';
    await expect(made.inject(first, 'noise', ['boo'])).rejects.toThrow('no such tool');
    expect(done.map((line) => line.split(' ')[0])).toEqual(['inject', 'heal']);
    expect([ledger, notes()]).toEqual([[], []]);
  });

  test('that nobody healed is healed in the end, the last first on each node', async () => {
    const { made } = faults();
    for (const [on, word] of [
      [first, 'a'],
      [second, 'b'],
      [first, 'c'],
    ] as const)
      await made.inject(on, 'noise', [word]);
    await made.healAll();
    const healed = done.filter((line) => line.startsWith('heal')).map((line) => line.slice(5, 11));
    expect(healed.filter((line) => line.endsWith('0'))).toEqual(['c on 0', 'a on 0']);
    expect(healed).toContain('b on 1');
    expect(ledger).toEqual([]);
  });

  test('that cannot be healed is told, and stays in the ledger', async () => {
    const { made, notes } = faults();
    await made.inject(first, 'noise', ['boo']);
    troubles.heal = 'no answer';
    await made.healAll();
    expect(notes().at(-1)).toBe('0: not healed (it says boo): no answer');
    expect(ledger).toEqual(['shakedown_4f2a91_1']);
  });

  test('of a run that was killed is healed from its entry', async () => {
    const { made, entries } = faults();
    await made.inject(first, 'noise', ['boo']);
    const dispose = vi.fn(async () => undefined);
    const reach = async () => ({ agent: {}, [Symbol.asyncDispose]: dispose });
    const world = { reach, signal: new AbortController().signal } as unknown as UndoWorld;
    const entry = faultUndo.schema.parse(withSsh(entries[0]));
    await faultUndo.undo(entry, world);
    expect(done.at(-1)).toContain('heal boo on 0 as shakedown_4f2a91_1');
    expect(dispose).toHaveBeenCalledOnce();
    await expect(faultUndo.undo({ ...entry, fault: 'later' }, world)).rejects.toThrow("no fault 'later'");
  });
});

/** As JSON keeps it, of a machine that can be reached. */
const withSsh = (entry: LedgerEntry | undefined): unknown => {
  const read = JSON.parse(JSON.stringify(entry));
  return { ...read, machine: { ...read.machine, ssh: { host: '10.0.0.0', port: 22, user: 'root' } } };
};
