import { asShakedownError } from '../../../common/errors.ts';
import type { PlannedNode } from '../../cluster/node.ts';
import type { NodeConfig } from '../../config/node/node-config.ts';
import { type NodeFacts, nodeFacts, type Scenario } from '../../config/scenario.ts';
import { type LayerInputs, layerFormat, layerKey } from '../../layers/inputs.ts';
import { type Installation, installationOf, isEmpty, toldInputs } from '../../layers/installation.ts';
import { Releases } from '../../layers/resolve/releases.ts';
import type { CanLayer, LayerBase } from '../../providers/capabilities.ts';
import type { MachineSpec, Provider } from '../../providers/provider.ts';
import type { OpenRun } from '../open-run.ts';
import type { World } from '../world/world.ts';

/** The layer that some of a run's machines are to start from. */
export interface WantedLayer {
  readonly key: string;
  readonly inputs: LayerInputs;
  readonly installation: Installation;
  /** That of the first of the machines. */
  readonly config: NodeConfig;
  /** The package lists in the base are older than the mirror's. */
  readonly staleLists: boolean;
  readonly machines: readonly MachineSpec[];
}

/**
 * Which layers a run's machines are to start from, as things are now: each with the machines that have the
 * same. Machines on which nothing is installed, or of which nobody can tell what would be, have none.
 */
export async function planLayers(
  planned: readonly PlannedNode[],
  bases: readonly LayerBase[],
  { scenario, provider }: { readonly scenario: Scenario; readonly provider: Provider & CanLayer },
  { env, startAptProxy, resolveVersions }: World,
  { work: ctx }: OpenRun,
): Promise<readonly WantedLayer[]> {
  const resolving = { releases: new Releases(env, ctx.signal), env, startAptProxy, ctx };
  const questions = planned.flatMap((node, index) => {
    const base = bases[index];
    const installation = installationOf(node.config, node.machine);
    const asks = base && !isEmpty(installation) && !dependsOnAddresses(node, planned, scenario);
    return asks ? [{ base, installation, config: node.config, machine: specOf(node, scenario) }] : [];
  });
  const alike = Map.groupBy(questions, ({ base, installation }) => JSON.stringify([base, installation]));
  const wanted = [...alike.values()].map(async (group): Promise<WantedLayer[]> => {
    const [first] = group;
    if (!first) return [];
    const { base, installation, config } = first;
    try {
      const told = await toldInputs(installation);
      const { versions, fresh } = await resolveVersions(base, installation, told, resolving);
      // All of it is in the base, as apt would find as soon.
      if (versions.length === 0 && installation.steps.length === 0) return [];
      const inputs = {
        ...{ format: layerFormat, provider: provider.name, base: base.id },
        ...told,
        versions: [...versions],
      };
      const machines = group.map(({ machine }) => machine);
      return [{ key: layerKey(inputs), inputs, installation, config, staleLists: fresh, machines }];
    } catch (error) {
      ctx.signal.throwIfAborted();
      // What is wrong with the packages is told where they are installed, with all the evidence.
      ctx.log(`no layer: ${asShakedownError(error).message}`);
      return [];
    }
  });
  return (await Promise.all(wanted)).flat();
}

const specOf = ({ machine }: PlannedNode, { machines }: Scenario): MachineSpec =>
  machines.find(({ id }) => id === machine.id) ?? machine;

/** Whether other addresses would make it another installation: what is kept must fit any. */
function dependsOnAddresses(
  { machine, config }: PlannedNode,
  planned: readonly PlannedNode[],
  scenario: Scenario,
): boolean {
  const elsewhere = (facts: NodeFacts): NodeFacts => ({ ...facts, address: `203.0.113.${facts.id + 1}` });
  const nodes = planned.map((node) => elsewhere(nodeFacts(node.machine)));
  const other = scenario.nodeConfig(elsewhere(nodeFacts(machine)), nodes);
  // Keys are put into sources once the node files are rendered.
  const { aptSources } = config;
  const same = { ...other, aptSources };
  return (
    JSON.stringify(installationOf(config, machine)) !== JSON.stringify(installationOf(same, machine)) ||
    JSON.stringify(other.aptSources.map(({ uris, suites }) => [uris, suites])) !==
      JSON.stringify(aptSources.map(({ uris, suites }) => [uris, suites]))
  );
}
