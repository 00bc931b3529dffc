import { asShakedownError, type ShakedownError } from '../common/errors.ts';
import { version } from '../common/version.ts';
import type { Node } from './cluster/node.ts';
import { nodeFacts } from './config/scenario.ts';
import { giveBack } from './phases/clean.ts';
import { collectConsole, collectNode } from './phases/collect.ts';
import { destroyWithin } from './phases/machines.ts';
import { stopServices } from './phases/stop.ts';
import { canKeep } from './providers/capabilities.ts';
import { borrowedMachines, type Cluster } from './providers/provider.ts';
import type { RunResult } from './record/run-result.ts';
import { writeEachReport } from './report/reporters.ts';
import type { Underway } from './run.ts';
import { removeKeptCluster, writeKeptCluster } from './store/kept-cluster.ts';
import { pruneRuns } from './store/prune-runs.ts';

/**
 * The end of every run, however it went: stops the services, brings every node's files home, writes the reports, and
 * gives the machines up or keeps them. Failures here are attached to what came before; none hinders the next step.
 */
export async function bringHome(underway: Underway): Promise<RunResult> {
  const { open, world, request } = underway;
  const nodes = underway.connected.filter((node) => node !== undefined);
  await underway.power?.bringBack(nodes, open.evidence);
  await eachNode(nodes, underway, 'stop', (node) =>
    stopServices(node, request.scenario.timeouts.stop, open.evidence.signal),
  );
  await eachNode(nodes, underway, 'collect', (node) => collect(node, underway));
  for (const planned of underway.planned) {
    await collectConsole(planned, open.store.nodeDirectory(planned.id)).catch(() => undefined);
  }
  await report(underway, undefined);
  const kept = underway.cluster && (await giveUp(underway.cluster, nodes, underway));
  await Promise.allSettled(nodes.map((node) => node.remote[Symbol.asyncDispose]()));
  const result = await report(underway, kept);
  const { verdict, durationMs, exitCode } = result;
  open.emit({ type: 'run-ended', verdict, durationMs, exitCode });
  const { count, days } = request.scenario.retention;
  await pruneRuns(world.directory, { count, days, clock: world.clock }).catch(() => undefined);
  return result;
}

/** Takes a step on all nodes side by side; what one of them throws is taken down and keeps no other from it. */
async function eachNode(
  nodes: readonly Node[],
  { open }: Underway,
  phase: 'stop' | 'collect',
  action: (node: Node) => Promise<void>,
): Promise<void> {
  const { recorder } = open;
  const take = (node: Node) =>
    recorder.step(phase, () => action(node), node.machine).catch((error) => recorder.fail(error, true));
  await Promise.all(nodes.map(take));
}

async function collect(node: Node, { open, request, world }: Underway): Promise<void> {
  const { recorder, store, evidence } = open;
  const limit = AbortSignal.timeout(request.scenario.timeouts.collect * 1000);
  const signal = AbortSignal.any([evidence.signal, limit]);
  const again = node.remote.lost.aborted
    ? {
        config: node.config,
        agent: node.agent,
        remote: await world.connector.connect(node.machine.ssh, { signal, timeout: 5 }),
      }
    : node;
  const directory = store.nodeDirectory(node.id);
  const problems = [...(await collectNode(again, { directory, sinceMs: recorder.startedAt, signal }))];
  if (again !== node) await again.remote[Symbol.asyncDispose]();
  if (limit.aborted) problems.unshift(`not all was collected within ${request.scenario.timeouts.collect} s`);
  if (problems.length > 0) recorder.collectProblems[node.id] = problems;
  for (const problem of problems) evidence.log(`not collected: ${problem}`, node.id);
}

/** Keeps the machines, gives them back, or destroys them; gives the cluster's id when they were kept. */
async function giveUp(
  cluster: Cluster,
  nodes: readonly Node[],
  underway: Underway,
): Promise<string | undefined> {
  const { open, request, world } = underway;
  const { recorder, store, evidence } = open;
  const keep = request.keep === 'always' || (request.keep === 'on-failure' && recorder.exitCode !== 0);
  try {
    const provider = await world.provider(cluster.provider);
    if (keep && (cluster.borrowed || canKeep(provider))) {
      if (canKeep(provider)) await provider.keep(cluster);
      await writeKeptCluster(world.directory, {
        cluster,
        scenario: request.scenario.directory,
        flags: request.flags,
        run: store.id,
        workingDirs: underway.planned.map(({ config }) => config.workingDir),
        kept: true,
      });
    } else {
      await recorder.step('destroy', () => destroy(cluster, nodes, underway));
      await removeKeptCluster(world.directory);
    }
    const ids = borrowedMachines(cluster).map(({ id }) => `${cluster.id}/${id}`);
    for (const id of [cluster.id, ...ids]) await evidence.ledger.remove(id);
    return keep ? cluster.id : undefined;
  } catch (error) {
    recorder.fail(notGivenUp(error));
    return undefined;
  }
}

async function destroy(cluster: Cluster, nodes: readonly Node[], { world, open }: Underway): Promise<void> {
  const signal = AbortSignal.timeout(destroyWithin);
  const borrowed = borrowedMachines(cluster).map(({ id }) => id);
  const given = await Promise.allSettled(
    nodes.filter(({ id }) => borrowed.includes(id)).map((node) => giveBack(node, signal)),
  );
  const provider = await world.provider(cluster.provider);
  await provider.destroy(cluster, { signal, log: open.evidence.log });
  for (const each of given) if (each.status === 'rejected') throw each.reason;
}

function notGivenUp(error: unknown): ShakedownError {
  const known = asShakedownError(error, { phase: 'destroy' });
  return known.with({ hint: "finish the clean-up with 'shakedown reap'" });
}

async function report({ open, request, cluster }: Underway, kept: string | undefined): Promise<RunResult> {
  const { recorder, store } = open;
  const result = recorder.result({
    id: store.id,
    scenario: request.scenario.name,
    directory: request.scenario.directory,
    provider: request.scenario.provider,
    nodes: cluster?.machines.map(nodeFacts) ?? [],
    versions: { shakedown: version(), node: process.version },
    kept,
  });
  await writeEachReport(result, { directory: store.directory, log: (message) => store.log(message) });
  return result;
}
