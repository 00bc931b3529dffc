import { eventsVersion } from '../common/events.ts';
import type { PhaseName } from '../common/results.ts';
import type { CheckHost } from './checks/check-host.ts';
import { connectNode } from './cluster/connect-node.ts';
import type { Node, PlannedNode } from './cluster/node.ts';
import type { ClusterPower } from './cluster/power/cluster-power.ts';
import type { ScenarioFlags } from './config/load.ts';
import type { Scenario } from './config/scenario.ts';
import { bringHome } from './evidence.ts';
import { borrowedNodeEntry } from './ledger/borrowed-node-undo.ts';
import { machinesFor } from './machines-for.ts';
import { type OpenRun, openRun } from './open-run.ts';
import { openPackageRoute } from './packages/package-route.ts';
import { checkCluster } from './phases/check.ts';
import { wantedMachines } from './phases/machines.ts';
import type { Preparation } from './phases/phase.ts';
import { planNodes } from './phases/plan.ts';
import { prepareNode } from './phases/prepare-node.ts';
import { hasStepsAfterStart, setUpAfterStart } from './phases/setup.ts';
import { borrowedMachines, type Cluster } from './providers/provider.ts';
import type { RunResult } from './record/run-result.ts';
import { powerOf } from './run/power-of-run.ts';
import type { KeptCluster } from './store/kept-cluster.ts';
import type { World } from './world.ts';

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
  /** Machines that an earlier run kept, and the phase to begin with on them. */
  readonly reuse?: { readonly kept: KeptCluster; readonly from: PhaseName };
}

/**
 * A whole run. It throws UsageError for a mistake in the config or a template; all else is in the result. Whatever happens, the evidence is brought home, the reports are written, and machines that shall not be
 * kept are gone.
 */
export async function run(request: RunRequest, world: World): Promise<RunResult> {
  const { scenario } = request;
  await using open = await openRun(world, scenario.timeouts.run);
  const { recorder, store, work, emit } = open;
  emit({
    type: 'run-started',
    eventsVersion,
    run: store.id,
    scenario: scenario.name,
    directory: store.directory,
  });
  await using checkHost = prepareChecks(request, world, open);
  const connected: Node[] = [];
  let cluster: Cluster | undefined;
  let planned: readonly PlannedNode[] = [];
  let power: ClusterPower | undefined;
  try {
    await recorder.step('config', () => lookAhead(request, world));
    cluster = await recorder.step('machines', () => machinesFor(request, world, open));
    planned = await recorder.step('config', () => planNodes(scenario, cluster?.machines ?? [], world.env));
    const hostPackages = world.installHostPackages(scenario.packages, work);
    // Awaited below; until then a failure of it must not count as unhandled.
    hostPackages.catch(() => undefined);
    const nodes = await prepareNodes({ request, world, open, cluster, planned, connected });
    await hostPackages;
    power = await powerOf(cluster, scenario, world, open);
    const session = { scenario, cluster, nodes, store, power };
    if (hasStepsAfterStart(nodes)) await recorder.step('setup', () => setUpAfterStart(session, work));
    const listener = { started: recorder.checkStarted, ended: recorder.checkEnded(work.signal) };
    await recorder.step('check', () => checkCluster(session, checkHost, listener, request.filter, work));
  } catch (error) {
    recorder.fail(open.endedBecause() ?? error, work.signal.aborted);
  }
  const result = await bringHome({ request, world, open, cluster, planned, connected, power });
  if (recorder.usage) throw recorder.usage;
  return result;
}

/** Vitest comes up while the machines do. */
function prepareChecks({ scenario, filter }: RunRequest, world: World, { store, work }: OpenRun): CheckHost {
  return world.startCheckHost({
    files: scenario.checkFiles,
    scenarioDirectory: scenario.directory,
    runDirectory: store.directory,
    testTimeout: scenario.timeouts.test,
    signal: work.signal,
    log: work.log,
    ...(filter === undefined ? {} : { filter }),
  });
}

/** Finds mistakes in configs and templates before there is any machine. */
async function lookAhead({ scenario, reuse }: RunRequest, world: World): Promise<void> {
  if (reuse) return;
  await world.mustBeInstallable(scenario.packages);
  const provider = await world.provider(scenario.provider);
  const machines = await provider.preview(wantedMachines(scenario));
  await planNodes(scenario, machines, world.env);
}

/** What the parts of a run hand to one another once there are machines. */
export interface Underway {
  readonly request: RunRequest;
  readonly world: World;
  readonly open: OpenRun;
  readonly cluster: Cluster | undefined;
  readonly planned: readonly PlannedNode[];
  /** Grows as nodes answer, so that a failure elsewhere does not cost their evidence. */
  readonly connected: Node[];
  /** Present once the nodes are. */
  readonly power?: ClusterPower | undefined;
}

async function prepareNodes(underway: Underway & { cluster: Cluster }): Promise<readonly Node[]> {
  const { request, world, open, cluster, planned } = underway;
  const { recorder, store, work } = open;
  const { mainAddress } = cluster;
  const borrowed = borrowedMachines(cluster);
  const record = ({ machine, config }: PlannedNode) =>
    work.ledger.record(borrowedNodeEntry(cluster.id, machine, config.workingDir));
  await Promise.all(planned.filter(({ machine }) => borrowed.includes(machine)).map(record));
  await using packages = await openPackageRoute({
    via: request.scenario.packagesVia,
    mainAddress,
    cacheDir: world.cacheDir,
    log: work.log,
    startAptProxy: world.startAptProxy,
  });
  const preparation: Preparation = {
    scenario: request.scenario,
    cluster,
    store,
    ctx: work,
    step: recorder.step,
    from: request.reuse?.from ?? 'clean',
    packages,
    connect: (node) => connect(node, underway),
    installed: (node, packages) => {
      recorder.installed[node] = packages;
    },
  };
  const outcomes = await Promise.allSettled(
    planned.map(async (node) => {
      try {
        return await prepareNode(node, preparation);
      } catch (error) {
        recorder.fail(error, work.signal.aborted);
        open.breakOff();
        throw error;
      }
    }),
  );
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

async function connect(planned: PlannedNode, { request, world, open, connected }: Underway): Promise<Node> {
  const { recorder, store, work } = open;
  const { id, machine } = planned;
  const onDied = recorder.serviceDied(machine);
  const options = { runId: store.id, timeout: request.scenario.timeouts.connect, onDied };
  const node = await connectNode(planned, world.connector, options, work);
  connected[id] = node;
  return node;
}
