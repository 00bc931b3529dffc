import { isDeepStrictEqual } from 'node:util';
import { present } from '../../common/present.ts';
import { isWanted, noCheckNamed } from '../checks/check-filter.ts';
import type { CheckHost } from '../checks/vitest/check-host.ts';
import type { LiveCluster } from '../cluster/live-cluster.ts';
import type { PlannedNode } from '../cluster/node.ts';
import type { Scenario } from '../config/scenario.ts';
import type { RunContext } from '../context/run-context.ts';
import { openPackageRoute, type PackageRoute } from '../packages/package-route.ts';
import { checkCluster } from '../phases/check.ts';
import { clusterPhases } from '../phases/node-phases.ts';
import { planNodes } from '../phases/plan.ts';
import type { Cluster } from '../providers/provider.ts';
import type { RunResult } from '../record/run-result.ts';
import { changeKeptCluster } from '../store/kept-cluster.ts';
import { stopAndCollect } from './collect-evidence.ts';
import { Connections } from './connections.ts';
import { runInFolder } from './folder/run-in-folder.ts';
import { foundationOf, type Layers } from './layers/foundation.ts';
import { undoWorldIn } from './ledger/undo-world-in.ts';
import { liveClusterOf } from './live-cluster-of.ts';
import { lookAhead } from './look-ahead.ts';
import { keepOrUndo, willStay } from './machines/keep-or-undo.ts';
import { machinesFor, rememberMachines } from './machines/machines-for.ts';
import { OpenRun } from './open-run.ts';
import { powerOf } from './power-of-run.ts';
import { prepareNodes } from './prepare-nodes.ts';
import { type RunRequest, reaches } from './run-request.ts';
import type { World } from './world/world.ts';

/**
 * A whole run. Throws UsageError for a mistake in the config or a template, and when the folder is taken;
 * all else is in the result. Whatever happens, the evidence is brought home, the reports are written, and
 * machines that shall not be kept are gone.
 */
export function run(request: RunRequest, world: World): Promise<RunResult> {
  const kept = request.reuse ? 'leave' : 'take-down';
  return runInFolder(world, { alone: true, kept, tell: world.tell }, async () => {
    const open = await openRun(request, world);
    await open.attempt(async () => {
      const checkHost = await open.scope.acquire({
        // Vitest comes up while the machines do.
        acquire: () => startChecks(request, world, open),
        release: (host) => host[Symbol.asyncDispose](),
      });
      endWithoutChecks(checkHost, request, open);
      await check(await deploy(request, world, open), checkHost, request, open);
    });
    return await open.end();
  });
}

/** Begins a run of a scenario in the world's folder; `end` of what it gives ends it. */
export const openRun = ({ scenario }: Pick<RunRequest, 'scenario'>, world: World): Promise<OpenRun> =>
  OpenRun.begin({ ...scenario, limit: scenario.timeouts.run }, world);

/**
 * From nothing to a cluster whose services are ready, or to the phase that the request names.
 * What is acquired on this page is released when the run ends, the last first. Throws what went
 * wrong; on several nodes, the first of it.
 */
export async function deploy(request: RunRequest, world: World, open: OpenRun): Promise<LiveCluster> {
  const { scenario } = request;
  const { recorder, scope, work } = open;
  const expected = await recorder.step('config', () => lookAhead(request, world));
  const connections = await scope.acquire({
    acquire: () => new Connections(scenario, world, open),
    release: (all) => all.close(),
  });
  let layers: Layers = new Map();
  const makeMachines = async () => {
    const foundation = await foundationOf(request, expected, world, open);
    layers = foundation.layers;
    return machinesFor({ ...request, ...foundation }, world, open);
  };
  const cluster = await scope.acquire({
    acquire: () => recorder.step('machines', makeMachines),
    release: (made) => keepOrUndo(made, request, connections, world, open),
  });
  await rememberMachines(cluster, request, world, open);
  // Taking the machines away may need minutes.
  scope.atRelease(() => open.reportMeanwhile());
  const planned = await recorder.step('config', () => planOf(cluster, expected, request, world));
  const workingDirs = planned.map(({ config }) => config.workingDir);
  await changeKeptCluster(world.directory, { workingDirs });
  const hostPackages = world.installHostPackages(scenario.packages, work);
  // Awaited below; until then a failure of it must not count as unhandled.
  hostPackages.catch(() => undefined);
  const stay = () => willStay(cluster, request, world, open);
  scope.atRelease(() => stopAndCollect(planned, connections, { scenario, stay }, open));
  const packages = await scope.acquire({
    acquire: () => packageRouteOf(cluster, scenario, world, work),
    release: (route) => route[Symbol.asyncDispose](),
  });
  const nodes = await prepareNodes(planned, cluster, connections, { request, packages, layers, open });
  await hostPackages;
  const power = await scope.acquire({
    acquire: () => powerOf(cluster, scenario, world, open),
    release: (all) => all.bringBack(connections.nodes, open.evidence),
  });
  const session = { scenario, cluster, nodes, store: open.store, power, packages };
  const takesSteps = reaches(request, 'start') && request.reuse?.from !== 'check';
  for (const { name, isWanted, take } of takesSteps ? clusterPhases : []) {
    if (isWanted(nodes)) await recorder.step(name, () => take(session, work));
  }
  return await scope.acquire({
    acquire: () => liveClusterOf(session, undoWorldIn(world, connections, open), open),
    // Faults that nobody healed are healed.
    release: (live) => live[Symbol.asyncDispose](),
  });
}

/** The nodes as they were looked at beforehand, where their machines are what was expected. */
const planOf = async (
  { machines }: Cluster,
  expected: readonly PlannedNode[],
  { scenario }: RunRequest,
  { env }: World,
): Promise<readonly PlannedNode[]> =>
  isDeepStrictEqual(
    machines,
    expected.map(({ machine }) => machine),
  )
    ? expected
    : planNodes(scenario, machines, env);

const packageRouteOf = (
  { mainAddress }: Cluster,
  { packagesVia: via }: Scenario,
  { cacheDir, startAptProxy }: World,
  { log }: RunContext,
): Promise<PackageRoute> => openPackageRoute({ via, mainAddress, cacheDir, startAptProxy, log });

const startChecks = ({ scenario, filter }: RunRequest, world: World, { store, work }: OpenRun): CheckHost =>
  world.startCheckHost({
    files: scenario.checkFiles,
    scenarioDirectory: scenario.directory,
    runDirectory: store.directory,
    testTimeout: scenario.timeouts.test,
    signal: work.signal,
    log: work.log,
    mask: (text) => scenario.secrets.mask(text),
    ...present({ filter }),
  });

/** Ends the run as soon as it is known that no check has the wanted words in its name. */
async function endWithoutChecks(
  host: CheckHost,
  { scenario: { checks }, filter }: RunRequest,
  open: OpenRun,
): Promise<void> {
  if (filter === undefined || checks.some(({ name }) => isWanted(name, filter))) return;
  const tests = await host.noneWanted;
  if (!open.work.signal.aborted)
    open.breakOff(noCheckNamed(filter, [...checks.map(({ name }) => name), ...tests]));
}

function check(
  cluster: LiveCluster,
  host: CheckHost,
  { scenario, filter }: RunRequest,
  { recorder, work }: OpenRun,
): Promise<void> {
  const listener = { started: recorder.checkStarted, ended: recorder.checkEnded(work.signal) };
  return recorder.step('check', () => checkCluster(cluster, scenario, host, listener, filter, work));
}
