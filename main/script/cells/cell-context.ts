import type { Writable } from 'node:stream';
import type { Connector } from '../../cluster/connector.ts';
import type { Login, Machine } from '../../providers/provider.ts';
import type { OpenRun } from '../../run/open-run.ts';
import type { ScriptPlan } from '../plan-script.ts';

export interface MachineOutputs {
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  /** They are of this machine alone, and to be ended with it. */
  readonly own: boolean;
}

/** What cells share. */
export interface CellContext {
  readonly plan: ScriptPlan;
  readonly login: Login;
  readonly rebuild: boolean;
  readonly open: OpenRun;
  readonly connector: Pick<Connector, 'connect'>;
  /** Where a machine's live output goes, by its number in the run. */
  readonly outputs: (machine: number) => MachineOutputs;
  /** Where a machine's files go. */
  readonly out: (machine: Machine) => string;
}
