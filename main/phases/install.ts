import { present } from '../../common/present.ts';
import { hasPackages } from '../cluster/has-packages.ts';
import type { Node } from '../cluster/node.ts';
import { installPackages } from '../cluster/operations/packages.ts';
import type { Preparation } from './phase.ts';

/**
 * Installs the node's packages, local ones too. Units whose start is held back wait on the node for phase
 * `start`. It needs no node file, so that what it made does not depend on a run.
 */
export async function install(node: Node, preparation: Preparation): Promise<void> {
  const { config } = node;
  const { ctx, scenario } = preparation;
  if (!hasPackages(config)) return;
  const { packages, debs, aptSources: sources, recommends } = config;
  const { installed, heldBack } = await installPackages(
    node,
    { packages, debs, sources, ...present({ recommends }) },
    {
      route: preparation.packages,
      within: scenario.timeouts.install,
      signal: ctx.signal,
      log: (line) => ctx.log(line, node.id),
    },
  );
  preparation.installed(node.id, installed);
  for (const { name, version } of installed) ctx.log(`installed ${name} ${version}`, node.id);
  if (heldBack.length > 0) ctx.log(`not started before phase 'start': ${heldBack.join(', ')}`, node.id);
}
