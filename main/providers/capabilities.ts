import type { RunContext } from '../context/run-context.ts';
import type { Cluster, MachinesSpec, Provider } from './provider.ts';

/** A provider whose machines can outlive the process that made them (`--keep`). */
export interface CanKeep {
  /** Marks the cluster as kept: it survives this process, and `reap` leaves it alone. */
  keep(cluster: Pick<Cluster, 'id' | 'state'>): Promise<void>;
}

export const canKeep = (provider: Provider): provider is Provider & CanKeep => 'keep' in provider;

/** A provider of machines that are there already, about which it has to ask others. */
export interface CanAskAhead {
  /**
   * Begins to ask for what `preview` and `create` need to know; they wait for the answers. Throws UsageError
   * when the options are wrong.
   */
  askAhead(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): void;
}

export const canAskAhead = (provider: Provider): provider is Provider & CanAskAhead => 'askAhead' in provider;

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

/** What a machine starts from on which nothing was installed. */
export interface LayerBase {
  /** Names this very build of it. */
  readonly id: string;
  /** Its root folder on the main host, for a look at its packages. */
  readonly tree: string;
  /**
   * The file of the main host that stands in place of the tree's own status of dpkg; absent where it is that.
   */
  readonly status?: string;
}

/** A file that an installation left and no package has: it may be this one machine's alone. */
export interface StrayFile {
  readonly path: string;
  /** Of what is in it. */
  readonly digest: string;
  /** The package that has the folder in which it is; absent where that is none, or several. */
  readonly owner?: string;
}

/** What is looked for on a machine of which a layer is to be made. */
export interface LayerLook {
  /** Extended regular expressions of paths that are left out. */
  readonly known: readonly string[];
  /** What the machine is called. */
  readonly names: readonly string[];
}

/** What stands in a machine's own layer. */
export interface LayerSurvey {
  readonly strays: readonly StrayFile[];
  /** Files in which a name of the machine stands. */
  readonly named: readonly string[];
  /** Programs of packages that ask for the machine's name as they come in: `exim4-config.postinst`. */
  readonly asking: readonly string[];
}

/**
 * A shell program on a machine that starts from a layer: it enables the units that the installation enabled,
 * and removes itself. Until then none of them starts, as after an installation.
 */
export const enableProgram = '/var/lib/shakedown/enable';

/** A layer as it is kept. */
export interface NewLayer {
  /** `layer-` and 16 hex digits. */
  readonly key: string;
  /** Text that `findLayer` gives back, on one line. */
  readonly about: string;
  /** What it is, in words, for a list of images. */
  readonly description: string;
  /** Files that do not go into it. */
  readonly without: readonly string[];
}

/**
 * A provider that keeps what was installed on a machine as a layer, which others then start from
 * (`MachineSpec.layer`). A layer is there whole or not at all, and lasts for as long as machines lie over it.
 */
export interface CanLayer {
  /**
   * What each machine would start from, in their order; made if there is none. Empty where no layer can be
   * made of these machines. Throws as `create` does.
   */
  bases(
    spec: Omit<MachinesSpec, 'cluster' | 'shares'>,
    ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
  ): Promise<readonly LayerBase[]>;
  /**
   * Looks through what was written on a `volatile` machine, which is switched off for it where that is no
   * matter, and good for nothing after but `saveLayer`: what the provider itself wrote there is gone.
   */
  survey(which: MachineOf, look: LayerLook, ctx: Act): Promise<LayerSurvey>;
  /**
   * Keeps what a machine is that was surveyed, in place of a layer of the same key, with
   * `enableProgram` in it. Throws ShakedownError.
   */
  saveLayer(which: MachineOf, layer: NewLayer, ctx: Act & Pick<RunContext, 'cacheDir'>): Promise<void>;
  /** What is known about a layer, by its key or its id as an image; undefined when there is none. */
  findLayer(key: string, ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<string | undefined>;
}

export const canLayer = (provider: Provider): provider is Provider & CanLayer => 'saveLayer' in provider;

export const canReboot = (provider: Provider): provider is Provider & CanReboot => 'reboot' in provider;
export const canPower = (provider: Provider): provider is Provider & CanPower => 'powerOff' in provider;
export const canSnapshot = (provider: Provider): provider is Provider & CanSnapshot => 'snapshot' in provider;
export const canDelegate = (provider: Provider): provider is Provider & CanDelegate => 'partOf' in provider;
export const canKeepImages = (provider: Provider): provider is Provider & CanKeepImages =>
  'images' in provider;
