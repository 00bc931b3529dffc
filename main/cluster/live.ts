import type { Timeouts } from '../config/scenario.ts';
import type { RunContext } from '../context/run-context.ts';
import type { PackageRoute } from '../packages/package-route.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { MachinePower, Node } from './node.ts';
import type { ActiveFaults } from './operations/active-faults.ts';
import type { BackgroundTasks } from './operations/background-tasks.ts';
import type { Endpoints } from './operations/endpoints.ts';
import type { FreeAddresses } from './operations/free-addresses.ts';

/** The cluster while it is up, as its operations find it. */
export interface Live {
  readonly nodes: readonly Node[];
  /** The scenario's folder, absolute: commands on the main host run there. */
  readonly directory: string;
  /** Where long outputs of commands go, absolute; need not be there. */
  readonly spoolDir: string;
  readonly timeouts: Timeouts;
  /** What commands on the main host may name; those of the nodes have it by their agents. */
  readonly secrets: Secrets;
  readonly power: MachinePower;
  /** How the nodes' apt reaches packages. */
  readonly packages: PackageRoute;
  /** The run's beginning, ms since the epoch. */
  readonly startedAt: number;
  readonly endpoints: Endpoints;
  readonly addresses: FreeAddresses;
  readonly faults: ActiveFaults;
  readonly tasks: BackgroundTasks;
  /** Tells of what is worth a line. */
  readonly ctx: Pick<RunContext, 'emit' | 'log'>;
}
