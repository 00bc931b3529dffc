import { basename, dirname, posix } from 'node:path';
import { z } from 'zod';
import { present } from '../../../common/present.ts';
import type { AptSource, InstallResult } from '../../../common/protocol/installation.ts';
import type { InstalledPackage } from '../../../common/results.ts';
import * as field from '../../config/schema/field-schemas.ts';
import type { PackageRoute } from '../../packages/package-route.ts';
import { type Asked, type OnNode, onNode } from '../method.ts';
import type { Node } from '../node.ts';
import { sendBigFile } from './big-files.ts';

/** A day: Debian's mirrors change their lists four times a day, and old packages stay a while after. */
const listsMaxAge = 86_400;

/** Where local .deb files wait on a node to be installed. */
const debDirectory = '/var/lib/shakedown/debs';

/** What is to come in. */
export interface Wanted {
  /** `name` or `name=version`. */
  readonly packages: readonly string[];
  /** .deb files of the main host, absolute: they are sent for it. */
  readonly debs?: readonly string[];
  readonly sources?: readonly AptSource[];
  readonly recommends?: boolean;
}

interface InstallOptions {
  readonly route: PackageRoute;
  /** Seconds for all of it. */
  readonly within: number;
  /** The package lists are brought up to date first, however old they are. */
  readonly staleLists?: boolean;
  readonly signal?: AbortSignal;
  readonly log?: (message: string) => void;
}

/**
 * Installs packages in one transaction, and keeps daemons that come with them from starting until
 * `startHeldBack`. Throws ShakedownError with apt's last lines.
 */
export async function installPackages(
  { agent, remote }: Node,
  { packages, debs = [], sources = [], recommends }: Wanted,
  { route, within, log, staleLists = false, ...options }: InstallOptions,
): Promise<InstallResult> {
  for (const deb of debs) {
    const target = posix.join(debDirectory, basename(deb));
    if (await sendBigFile(remote, deb, target, { via: agent, ...options, ...present({ log }) })) continue;
    await agent.upload(dirname(deb), debDirectory, { ...options, root: true, entries: [basename(deb)] });
  }
  const proxy = await route.proxyFor(remote);
  const params = {
    packages,
    debs: debs.map((deb) => posix.join(debDirectory, basename(deb))),
    sources,
    listsMaxAge: staleLists ? 0 : listsMaxAge,
    lockWait: Math.min(120, within),
    ...present({ proxy, recommends }),
  };
  return agent.call('install', params, { ...options, timeout: within });
}

/** Starts what installations held back and what is enabled by now, but for the units of services. */
export const startHeldBack = (
  { agent, config: { services } }: Node,
  options: { readonly timeout: number; readonly signal?: AbortSignal },
): Promise<{ readonly started: readonly string[] }> =>
  agent.call('startHeldBack', { except: services.flatMap(({ unit }) => unit ?? []) }, options);

const options = field.object({ recommends: z.exactOptional(field.flag) }, 'an object of options');

export const install = onNode({
  params: z.tuple([
    z.array(field.aptPackage, { error: 'a list of packages' }).max(1000),
    z.exactOptional(options),
  ]),
  run: async (
    { live, node }: OnNode,
    [packages, { recommends } = {}]: [
      packages: readonly string[],
      options?: { readonly recommends?: boolean },
    ],
    { signal }: Asked,
  ): Promise<readonly InstalledPackage[]> => {
    const { timeouts, packages: route } = live;
    const asked = present({ signal });
    const within = timeouts.install;
    const wanted = { packages, ...present({ recommends: recommends ?? node.config.recommends }) };
    const { installed } = await installPackages(node, wanted, { route, within, ...asked });
    await startHeldBack(node, { timeout: timeouts.start, ...asked });
    return installed;
  },
});
