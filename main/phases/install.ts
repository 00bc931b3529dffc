import { basename, posix } from 'node:path';
import type { Node } from '../cluster/node.ts';
import type { Preparation } from './phase.ts';
import { debDirectory } from './ship.ts';

/** A day: Debian's mirrors change their lists four times a day, and old packages stay a while after. */
const listsMaxAge = 86_400;

/** Installs the node's packages in one transaction; gives the units whose start was held back. */
export async function install(node: Node, preparation: Preparation): Promise<readonly string[]> {
  const { config } = node;
  const { ctx, scenario } = preparation;
  if (config.packages.length + config.debs.length + config.aptSources.length === 0) return [];
  const proxy = await preparation.packages.proxyFor(node.remote);
  const { installed, heldBack } = await node.agent.call(
    'install',
    {
      packages: config.packages,
      debs: config.debs.map((deb) => posix.join(debDirectory, basename(deb))),
      sources: config.aptSources,
      listsMaxAge,
      lockWait: Math.min(120, scenario.timeouts.install),
      ...(proxy === undefined ? {} : { proxy }),
    },
    { signal: ctx.signal, timeout: scenario.timeouts.install },
  );
  preparation.installed(node.id, installed);
  for (const { name, version } of installed) ctx.log(`installed ${name} ${version}`, node.id);
  return heldBack;
}
