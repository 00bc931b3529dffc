import { basename, dirname, posix } from 'node:path';
import { present } from '../../common/present.ts';
import type { Node } from '../cluster/node.ts';
import type { Preparation } from './phase.ts';

/** A day: Debian's mirrors change their lists four times a day, and old packages stay a while after. */
const listsMaxAge = 86_400;

/** Where local .deb files wait on a node to be installed. */
const debDirectory = '/var/lib/shakedown/debs';

/** Whether phase `install` has anything to do with the node. */
export const installs = ({ packages, debs, aptSources }: Node['config']): boolean =>
  packages.length + debs.length + aptSources.length > 0;

/**
 * Installs the node's packages in one transaction, local ones too, which are sent for it.
 * Units whose start is held back wait on the node for phase `start`. It needs no node file, so
 * that what it made does not depend on a run.
 */
export async function install(node: Node, preparation: Preparation): Promise<void> {
  const { config } = node;
  const { ctx, scenario } = preparation;
  if (!installs(config)) return;
  for (const deb of config.debs) {
    const options = { signal: ctx.signal, root: true, entries: [basename(deb)] };
    await node.agent.upload(dirname(deb), debDirectory, options);
  }
  const proxy = await preparation.packages.proxyFor(node.remote);
  const { installed, heldBack } = await node.agent.call(
    'install',
    {
      packages: config.packages,
      debs: config.debs.map((deb) => posix.join(debDirectory, basename(deb))),
      sources: config.aptSources,
      listsMaxAge,
      lockWait: Math.min(120, scenario.timeouts.install),
      ...present({ proxy, recommends: config.recommends }),
    },
    { signal: ctx.signal },
  );
  preparation.installed(node.id, installed);
  for (const { name, version } of installed) ctx.log(`installed ${name} ${version}`, node.id);
  if (heldBack.length > 0) ctx.log(`not started before phase 'start': ${heldBack.join(', ')}`, node.id);
}
