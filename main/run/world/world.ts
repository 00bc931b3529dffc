import type { startCheckHost } from '../../checks/vitest/check-host.ts';
import type { Connector } from '../../cluster/connector.ts';
import type { resolveVersions } from '../../layers/resolve/resolve.ts';
import type { startAptProxy } from '../../packages/apt-proxy.ts';
import type { Provider, Share } from '../../providers/provider.ts';
import type { Face } from '../../report/face.ts';
import type { installHostPackages, mustBeInstallable } from './host-packages.ts';

/** All that a run reaches outside itself; `test/fakes` has one without machines. */
export interface World {
  /** Where `.shakedown/` lies: the current folder, absolute. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted when the run shall end and bring home what there is. */
  readonly signal: AbortSignal;
  /** Aborted when it shall not even wait for that; machines are destroyed all the same. */
  readonly hurry: AbortSignal;
  readonly cacheDir: string;
  readonly clock: () => number;
  readonly face: Face;
  /** A line for the person, beside what the face shows. */
  readonly tell: (line: string) => void;
  readonly provider: (name: string) => Promise<Provider>;
  readonly connector: Connector;
  readonly agentShares: (cacheDir: string) => Promise<readonly Share[]>;
  readonly startCheckHost: typeof startCheckHost;
  readonly mustBeInstallable: typeof mustBeInstallable;
  readonly installHostPackages: typeof installHostPackages;
  readonly startAptProxy: typeof startAptProxy;
  readonly resolveVersions: typeof resolveVersions;
}

/** What of a run's world is its caller's. */
export type Caller = Pick<World, 'directory' | 'env' | 'signal' | 'hurry' | 'cacheDir' | 'face' | 'tell'>;
