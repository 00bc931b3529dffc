import type { RunContext } from '../context/run-context.ts';
import type { Cluster, Provider } from './provider.ts';

/** A provider whose machines can outlive the process that made them (`--keep`). */
export interface CanKeep {
  /** Marks the cluster as kept: it survives this process, and `reap` leaves it alone. */
  keep(cluster: Pick<Cluster, 'id' | 'state'>): Promise<void>;
}

export const canKeep = (provider: Provider): provider is Provider & CanKeep => 'keep' in provider;

/** Which machine of a cluster; `state` is the provider's own, as `create` gave it. */
export interface MachineOf {
  readonly cluster: Pick<Cluster, 'id' | 'state'>;
  /** The machine's id. */
  readonly machine: number;
}

type Act = Pick<RunContext, 'signal' | 'log'>;

/**
 * A provider whose machines can be restarted: their disks stay, and they have another boot id (proc(5))
 * after.
 */
export interface CanReboot {
  /** Resolves when the machine has gone down for it; ssh need not answer yet. Throws ShakedownError. */
  reboot(which: MachineOf, ctx: Act): Promise<void>;
}

/** A provider whose machines can lose and regain their power. */
export interface CanPower {
  /** At once, as by the plug: nothing is shut down. Resolves when the machine is off. */
  powerOff(which: MachineOf, ctx: Act): Promise<void>;
  /** Resolves when ssh may be tried. */
  powerOn(which: MachineOf, ctx: Act): Promise<void>;
}

/**
 * A provider that can take a machine back to what it was: disks, and memory where it has it in the snapshot.
 */
export interface CanSnapshot {
  /** `name` is a-z, 0-9 and hyphens; one that exists is replaced. */
  snapshot(which: MachineOf & { readonly name: string }, ctx: Act): Promise<void>;
  /** Resolves when ssh may be tried. */
  restore(which: MachineOf & { readonly name: string }, ctx: Act): Promise<void>;
}

/** A provider whose machines are those of others: of parts of other kinds. */
export interface CanDelegate {
  /**
   * The kind that the machine is of, and its place in that kind's own cluster. Throws ShakedownError if not
   * known.
   */
  partOf(which: MachineOf): { readonly provider: Provider; readonly which: MachineOf };
}

/** An image or tree that was built or fetched once, and is kept for later runs. */
export interface CachedImage {
  /** Unique within the provider. */
  readonly id: string;
  /** What it is, in words: `bookworm, with etcd-server`. */
  readonly description: string;
  readonly bytes: number;
  /** ms since the epoch. */
  readonly lastUsed: number;
  /** Whether machines that exist now lie over it. */
  readonly inUse: boolean;
}

/** A provider that keeps images. */
export interface CanKeepImages {
  images(ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<readonly CachedImage[]>;
  /** Throws ShakedownError for one that is in use. */
  removeImage(id: string, ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<void>;
}

export const canReboot = (provider: Provider): provider is Provider & CanReboot => 'reboot' in provider;
export const canPower = (provider: Provider): provider is Provider & CanPower => 'powerOff' in provider;
export const canSnapshot = (provider: Provider): provider is Provider & CanSnapshot => 'snapshot' in provider;
export const canDelegate = (provider: Provider): provider is Provider & CanDelegate => 'partOf' in provider;
export const canKeepImages = (provider: Provider): provider is Provider & CanKeepImages =>
  'images' in provider;
