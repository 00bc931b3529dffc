import { z } from 'zod';
import type { LedgerEntry } from '../context/run-context.ts';
import type { Machine } from '../providers/provider.ts';
import { machineSchema } from './machine-schema.ts';
import type { UndoKind } from './undo-kind.ts';

/**
 * A borrowed node on which services are started, and files placed inside and outside the working directory.
 */
export interface BorrowedNodeEntry extends LedgerEntry {
  readonly kind: 'borrowed-node';
  readonly machine: Machine;
  readonly workingDir: string;
}

/** The entry of one node of a cluster. */
export const borrowedNodeEntry = (
  cluster: string,
  machine: Machine,
  workingDir: string,
): BorrowedNodeEntry => ({ kind: 'borrowed-node', id: `${cluster}/${machine.id}`, machine, workingDir });

/** Said of a placed file that stays as it was placed, with why. */
export const notPutBack = (what: string): string =>
  `not put back, which the next run on that machine tries again: ${what}`;

/** Seconds for a node's agent to stop the services, put the files back and empty the working directory. */
const limit = 30;

/** Gives the node back as it was: that is what the agent does first, before any run's own. */
export const borrowedNodeUndo: UndoKind<BorrowedNodeEntry> = {
  kind: 'borrowed-node',
  schema: z.object({
    kind: z.literal('borrowed-node'),
    id: z.string(),
    machine: machineSchema,
    workingDir: z.string(),
  }),
  async undo({ machine, workingDir }, { reach, signal, log }) {
    const reached = await reach(machine);
    await using _reached = reached;
    const params = { workingDir, keep: [] };
    const { notRestored } = await reached.agent.call('clean', params, { signal, timeout: limit });
    for (const each of notRestored) log(notPutBack(`${machine.address}: ${each}`), machine.id);
  },
};
