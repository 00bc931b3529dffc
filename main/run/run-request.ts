import { type PhaseName, phaseNames } from '../../common/results.ts';
import type { ScenarioFlags } from '../config/load.ts';
import type { Scenario } from '../config/scenario.ts';
import type { KeptCluster } from '../store/kept-cluster.ts';

/** What is asked of one run. */
export interface RunRequest {
  readonly scenario: Scenario;
  /** Those that it was loaded with, for a rerun to load it alike. */
  readonly flags: ScenarioFlags;
  /** Whether the machines stay when it is over. */
  readonly keep: 'never' | 'on-failure' | 'always';
  /** Only checks whose name holds this. */
  readonly filter?: string;
  /** Build cached images and trees again. */
  readonly rebuild?: boolean;
  /** Install anew what an earlier run kept as a layer. */
  readonly fresh?: boolean;
  /** Machines that an earlier run kept, and the phase to begin with on them. */
  readonly reuse?: { readonly kept: KeptCluster; readonly from: PhaseName };
  /** The last phase that is taken on the way to a cluster that is ready; all of them unless told. */
  readonly until?: PhaseName;
}

/** Whether a run goes as far as this phase. */
export const reaches = ({ until }: Pick<RunRequest, 'until'>, phase: PhaseName): boolean =>
  until === undefined || phaseNames.indexOf(phase) <= phaseNames.indexOf(until);
