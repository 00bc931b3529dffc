import { z } from 'zod';
import { ShakedownError } from '../../common/errors.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import type { LedgerEntry } from '../context/run-context.ts';
import type { Machine } from '../providers/provider.ts';
import { machineSchema } from './machine-schema.ts';
import type { UndoKind } from './undo-kind.ts';

/** A fault on a node of a run. */
export interface FaultEntry extends LedgerEntry {
  readonly kind: 'fault';
  /** Its name on the node, too. */
  readonly id: string;
  readonly machine: Machine;
  /** A row of the table of faults. */
  readonly fault: string;
  readonly params: readonly unknown[];
  /** The cluster that was made with its machine: with that the fault is gone. */
  readonly goesWith?: string;
}

/** The name of a fault, on its node and in ledgers. */
export const faultId = (cluster: string, count: number): string => `shakedown_${cluster}_${count}`;

/** Whether an entry is of a fault on a machine of that cluster. */
export const isFaultOf = (cluster: string, { kind, id }: LedgerEntry): boolean =>
  kind === faultUndo.kind && id.startsWith(`shakedown_${cluster}_`);

/** Seconds that healing may take. */
const limit = 60;

/** Heals it. */
export const faultUndo: UndoKind<FaultEntry> = {
  kind: 'fault',
  schema: z.object({
    kind: z.literal('fault'),
    id: z.string(),
    machine: machineSchema,
    fault: z.string(),
    params: z.array(z.unknown()),
    goesWith: z.exactOptional(z.string()),
  }),
  async undo({ id, machine, fault: name, params }, { reach, signal }) {
    const { faultNamed } = await import('../faults/fault-named.ts');
    const fault = faultNamed(name);
    const read = fault?.params.safeParse(params);
    if (!fault || !read?.success)
      throw new ShakedownError({ message: `this version of shakedown knows no fault '${name}' like it` });
    const what = `healing '${fault.describe(read.data)}'`;
    await withTimeLimit({ what, seconds: limit, signal }, async (within) => {
      const reached = await reach(machine);
      await using _reached = reached;
      await fault.heal({ machine, agent: reached.agent }, read.data, { name: id, signal: within });
    });
  },
  goesWith: ({ goesWith }) => goesWith,
};
