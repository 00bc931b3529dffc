import type { Verdict } from './results.ts';

/** What can be done to a machine as a whole. `name` is the snapshot's: a-z, 0-9 and hyphens. */
export type MachineAct =
  | { readonly act: 'reboot' | 'powerOff' | 'powerOn' }
  | { readonly act: 'snapshot' | 'restore'; readonly name: string };

/** One that was done during a run, as its report tells it. */
export interface MachineActRecord {
  readonly node: number;
  readonly act: MachineAct['act'];
  /** The snapshot's. */
  readonly name?: string;
  /** The check that asked for it, by its full name; absent when the run itself did it. */
  readonly by?: string;
  /** ms since the run began. */
  readonly startMs: number;
  /** Until the node could be used again, where it is then on. */
  readonly durationMs: number;
  readonly verdict: Verdict;
  /** What went wrong. */
  readonly message?: string;
}

/** Whether the machine is started, or started anew, by it. */
export const starts = ({ act }: Pick<MachineAct, 'act'>): boolean => act !== 'powerOff' && act !== 'snapshot';

const words = {
  reboot: 'reboot',
  powerOff: 'power off',
  powerOn: 'power on',
  snapshot: 'snapshot',
  restore: 'restore',
} as const;

/** `power off`, `snapshot 'before'`. */
export const actInWords = ({
  act,
  name,
}: {
  readonly act: MachineAct['act'];
  readonly name?: string;
}): string => (name === undefined ? words[act] : `${words[act]} '${name}'`);
