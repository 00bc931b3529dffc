import type { MachineActRecord } from '../../../common/machine-acts.ts';
import type { Timeouts } from '../../config/scenario.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { KnownKinds } from '../../providers/machine-acts.ts';
import type { Cluster, Provider } from '../../providers/provider.ts';
import type { Connector } from '../connector.ts';

/** What power over the machines of a run needs of it. */
export interface PowerOptions {
  readonly cluster: Pick<Cluster, 'id' | 'state'>;
  readonly provider: Provider;
  /** All kinds of machine that there are. */
  readonly kinds: KnownKinds;
  readonly connect: Connector['connect'];
  readonly timeouts: Timeouts;
  /** What is done ends with its signal. */
  readonly work: RunContext;
  /** The node's own directory in the run, absolute. */
  readonly directoryOf: (node: number) => string;
  /** The run's beginning, ms since the epoch. */
  readonly startedAt: number;
  readonly record: (done: MachineActRecord) => void;
}
