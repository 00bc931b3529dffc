import type { Forwarding, Remote } from '../remotes/remote.ts';
import { runningAptCacher } from './apt-cacher.ts';
import type { AptProxy, startAptProxy } from './apt-proxy.ts';

/** How the nodes of one run get their packages; disposing of it ends all that it opened. */
export interface PackageRoute extends AsyncDisposable {
  /**
   * The proxy for a node's apt (Acquire::http::Proxy), as the node reaches it; undefined where it does
   * without one. Throws ShakedownError when the node allows no forwarded port.
   */
  proxyFor(remote: Pick<Remote, 'forward'>): Promise<string | undefined>;
}

export interface RouteOptions {
  /** `main`: nothing but the ssh connection is needed, so it serves nodes with no route out. */
  readonly via: 'main' | undefined;
  /** Where nodes reach the main host, if they can. */
  readonly mainAddress: string | undefined;
  readonly cacheDir: string;
  readonly log: (message: string) => void;
  readonly startAptProxy: typeof startAptProxy;
  readonly findAptCacher?: () => Promise<number | undefined>;
}

/**
 * By a caching proxy on the main host, so that each package is downloaded once for all nodes: by way of the
 * network where nodes reach the main host, and of each node's ssh connection where `via` is `main`. There an
 * apt-cacher-ng that runs on the main host is used instead of ours. Else by the nodes' own means.
 */
export async function openPackageRoute(options: RouteOptions): Promise<PackageRoute> {
  const { via, mainAddress, cacheDir, log } = options;
  if (via === 'main') return routeOverSsh(options);
  if (mainAddress === undefined) return { proxyFor: async () => undefined, [Symbol.asyncDispose]: none };
  const proxy = await options.startAptProxy({ host: mainAddress, cacheDir, log });
  return { proxyFor: async () => proxy.url, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

const none = async (): Promise<void> => undefined;

async function routeOverSsh(options: RouteOptions): Promise<PackageRoute> {
  const { cacheDir, log, startAptProxy, findAptCacher = runningAptCacher } = options;
  const host = '127.0.0.1';
  const cacher = await findAptCacher();
  const own: AptProxy | undefined =
    cacher === undefined ? await startAptProxy({ host, cacheDir, log }) : undefined;
  const port = own ? Number(new URL(own.url).port) : (cacher ?? 0);
  log(
    `packages reach the nodes over ssh, ${own ? 'by a proxy of this run' : `by apt-cacher-ng (port ${port})`}`,
  );
  const forwardings: Forwarding[] = [];
  return {
    async proxyFor(remote) {
      const forwarding = await remote.forward(0, { host, port });
      forwardings.push(forwarding);
      return `http://${host}:${forwarding.remotePort}`;
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(forwardings.map((forwarding) => forwarding[Symbol.asyncDispose]()));
      await own?.[Symbol.asyncDispose]();
    },
  };
}
