import { randomBytes } from 'node:crypto';
import type { InstallResult } from '../../../common/protocol/installation.ts';
import { connectNode } from '../../cluster/connect-node.ts';
import type { Node } from '../../cluster/node.ts';
import type { Scenario } from '../../config/scenario.ts';
import type { RunContext } from '../../context/run-context.ts';
import { knownPaths } from '../../layers/identity/known-paths.ts';
import { openPackageRoute } from '../../packages/package-route.ts';
import { installAll } from '../../phases/install.ts';
import type { CanLayer, LayerSurvey, MachineOf } from '../../providers/capabilities.ts';
import type { Cluster, Machine, MachineSpec, Provider } from '../../providers/provider.ts';
import { undo } from '../ledger/undo.ts';
import { undoWorldOf } from '../ledger/undo-world.ts';
import { makeMachines, newClusterId } from '../machines/make-machines.ts';
import type { OpenRun } from '../open-run.ts';
import type { World } from '../world/world.ts';
import type { WantedLayer } from './plan-layers.ts';

/** What layers are made with. */
export interface LayerMaking {
  readonly scenario: Scenario;
  readonly provider: Provider & CanLayer;
  readonly world: World;
  readonly open: OpenRun;
}

/** A machine on which a layer was installed, and that was looked through. */
export interface Built extends AsyncDisposable {
  readonly which: MachineOf;
  readonly result: InstallResult;
  /** ms that the installation took. */
  readonly tookMs: number;
  readonly survey: LayerSurvey;
}

/**
 * Installs on a machine of its own what a layer shall have, as on any node, and looks through it. Its cluster
 * is in the ledger like any other, and gone when the result is disposed of, or on a throw.
 */
export async function buildOn(
  { machines, config, staleLists }: WantedLayer,
  making: LayerMaking,
): Promise<Built> {
  const { provider, open } = making;
  const ctx = withoutNode(open.work);
  // Its limits are those of the first of the nodes.
  const name = `build-${randomBytes(3).toString('hex')}`;
  const spec: MachineSpec = { ...machines[0], id: machines[0]?.id ?? 0, name };
  const cluster = await makeBuilder(spec, making, ctx);
  const gone = async () => {
    const entry = { kind: 'cluster', id: cluster.id, provider: provider.name };
    await undo(entry, ctx.ledger, undoWorldOf(provider, ctx));
  };
  try {
    const [machine] = cluster.machines;
    if (!machine) throw new Error('a cluster of one machine has none');
    const node = await connectBuilder(machine, config, making, ctx);
    const began = ctx.clock();
    const result = await installOn(node, cluster, staleLists, making, ctx);
    const tookMs = ctx.clock() - began;
    const which = { cluster, machine: machine.id };
    const names = [name, machine.address];
    const survey = await provider.survey(which, { known: knownPaths, names }, ctx);
    return { which, result, tookMs, survey, [Symbol.asyncDispose]: gone };
  } catch (error) {
    await gone();
    throw error;
  }
}

async function makeBuilder(
  spec: MachineSpec,
  { scenario, provider, world, open }: LayerMaking,
  ctx: RunContext,
): Promise<Cluster> {
  const shares = await world.agentShares(world.cacheDir);
  const options = { of: open.name, shares, rebuild: false, within: scenario.timeouts.machines };
  const wanted = { machines: [spec], options: scenario.providerOptions, login: {}, volatile: true };
  return makeMachines(newClusterId(), wanted, provider, options, ctx);
}

const connectBuilder = (
  machine: Machine,
  config: WantedLayer['config'],
  { scenario, world, open }: LayerMaking,
  ctx: RunContext,
): Promise<Node> =>
  connectNode(
    { id: machine.id, machine, config, tree: { entries: [] } },
    world.connector,
    {
      runId: open.store.id,
      timeout: scenario.timeouts.connect,
      onDied: () => undefined,
      onClock: () => undefined,
      secrets: scenario.secrets,
    },
    ctx,
  );

async function installOn(
  node: Node,
  { mainAddress }: Cluster,
  staleLists: boolean,
  { scenario: { packagesVia: via, timeouts }, world }: LayerMaking,
  ctx: RunContext,
): Promise<InstallResult> {
  await using remote = node.remote;
  const { startAptProxy, cacheDir } = world;
  await using route = await openPackageRoute({ via, mainAddress, cacheDir, startAptProxy, log: ctx.log });
  const result = await installAll(node, { route, timeouts, staleLists }, ctx);
  remote.lost.throwIfAborted();
  return result;
}

/** It is none of the run's nodes. */
const withoutNode = (ctx: RunContext): RunContext => ({
  ...ctx,
  log: (message) => ctx.log(`layer: ${message}`),
  emit: (body) => {
    if (body.type === 'note') ctx.emit({ type: 'note', message: body.message, phase: 'install' });
  },
});
