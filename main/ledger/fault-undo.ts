import { z } from 'zod';
import { ShakedownError } from '../../common/errors.ts';
import type { LedgerEntry } from '../context/run-context.ts';
import { faultNamed } from '../faults/fault-named.ts';
import type { Machine } from '../providers/provider.ts';
import { machineSchema } from './machine-schema.ts';
import type { UndoKind } from './undo-kind.ts';

/** A fault on a node that stays when the run is over. */
export interface FaultEntry extends LedgerEntry {
  readonly kind: 'fault';
  /** Its name on the node, too. */
  readonly id: string;
  readonly machine: Machine;
  /** A row of the table of faults. */
  readonly fault: string;
  readonly params: readonly unknown[];
}

/** Heals it. */
export const faultUndo: UndoKind<FaultEntry> = {
  kind: 'fault',
  schema: z.object({
    kind: z.literal('fault'),
    id: z.string(),
    machine: machineSchema,
    fault: z.string(),
    params: z.array(z.unknown()),
  }),
  async undo({ id, machine, fault: name, params }, { reach, signal }) {
    const fault = faultNamed(name);
    const read = fault?.params.safeParse(params);
    if (!fault || !read?.success)
      throw new ShakedownError({ message: `this version of shakedown knows no fault '${name}' like it` });
    const reached = await reach(machine);
    await using _reached = reached;
    await fault.heal({ machine, agent: reached.agent }, read.data, { name: id, signal });
  },
};
