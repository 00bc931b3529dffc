import { basename, dirname, posix } from 'node:path';
import { present } from '../../common/present.ts';
import type { Node } from '../cluster/node.ts';
import type { Preparation } from './phase.ts';

/** A day: Debian's mirrors change their lists four times a day, and old packages stay a while after. */
const listsMaxAge = 86_400;

/** Where local .deb files wait on a node to be installed. */
const debDirectory = '/var/lib/shakedown/debs';

/**
 * Installs the node's packages in one transaction, local ones too, which are sent for it; gives the units whose start
 * was held back. It needs no node file, so that what it made does not depend on a run.
 */
export async function install(node: Node, preparation: Preparation): Promise<readonly string[]> {
  const { config } = node;
  const { ctx, scenario } = preparation;
  if (config.packages.length + config.debs.length + config.aptSources.length === 0) return [];
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
      ...present({ proxy }),
    },
    { signal: ctx.signal },
  );
  preparation.installed(node.id, installed);
  for (const { name, version } of installed) ctx.log(`installed ${name} ${version}`, node.id);
  return heldBack;
}
