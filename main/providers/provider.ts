import type { RunContext } from '../context/run-context.ts';
import type { SshTarget } from '../remotes/ssh-target.ts';

/** A machine that is wanted. `id` counts from 0 within the cluster. */
export interface MachineSpec {
  readonly id: number;
  readonly name: string;
  readonly role?: string;
  /** The key of the layer that it starts from; only for a provider that has such (`CanLayer`). */
  readonly layer?: string;
}

/** How to log in. A provider that makes machines authorizes `publicKey` for `user`. */
export interface Login {
  readonly user?: string;
  /** The private key's file; without it the ssh agent and ssh's default keys are tried. */
  readonly keyFile?: string;
  /** As in authorized_keys: `ssh-ed25519 AAAA… comment`. */
  readonly publicKey?: string;
}

/** A folder or file of the main host that machines may see read-only. */
export interface Share {
  readonly source: string;
  readonly target: string;
}

/** The machines that are wanted, together. */
export interface MachinesSpec {
  /** Six hex digits that no other cluster on this main host has; part of every name that is made. */
  readonly cluster: string;
  readonly machines: readonly MachineSpec[];
  /**
   * What the provider's own factory (`nspawn({…})`, `ssh([…])`) was given, validated by the provider's
   * schema.
   */
  readonly options: unknown;
  /** The login that the config or the flags ask for. */
  readonly login: Login;
  /** Offered to the machines; a provider that cannot do that leaves them out. */
  readonly shares: readonly Share[];
  /** Build cached images and trees again. */
  readonly rebuild?: boolean;
  /**
   * They make a layer and go: what they write is never written through, and their disks are not limited.
   * Only for a provider that has layers (`CanLayer`).
   */
  readonly volatile?: boolean;
}

/** A machine that exists. `address` is the one under which the other nodes and the main host reach it. */
export interface Machine extends MachineSpec {
  readonly address: string;
  readonly ssh: SshTarget;
  /**
   * The main host has no route to `address`, which holds among the nodes only: it reaches them by `ssh`
   * alone.
   */
  readonly sshOnly?: boolean;
  /**
   * Addresses in its network that no machine has, such as for one that moves between the nodes: the same
   * ones for all machines of a cluster. Absent where the provider does not know its machines' network.
   */
  readonly spareAddresses?: readonly string[];
  /** A file on the main host with what the machine printed on its console while booting. */
  readonly consoleLog?: string;
  /**
   * Whether it was there before, where machines of both sorts are in one cluster; else the cluster says it.
   */
  readonly borrowed?: boolean;
}

/** Machines that exist, together. Plain data, so that a later process can use or destroy them. */
export interface Cluster {
  readonly id: string;
  readonly provider: string;
  readonly machines: readonly Machine[];
  /** The main host's address as the machines see it; absent where they cannot reach it. */
  readonly mainAddress?: string;
  /** True for machines that were there before: they are given back as they were, not destroyed. */
  readonly borrowed: boolean;
  /** What the provider itself needs to find its machines again. */
  readonly state?: unknown;
}

export interface ProbeResult {
  readonly ok: boolean;
  /** Why not, and how to mend it. Set when `ok` is false. */
  readonly reason?: string;
  /** What is worth knowing where it works: `emulated: there is no /dev/kvm`. */
  readonly note?: string;
  /** What its machines have not, or would not have, that scenarios count on, and why: `no systemd: …`. */
  readonly lacks?: string;
  /** Debian packages of the main host that would mend it. */
  readonly missingPackages?: readonly string[];
}

export interface ListedCluster {
  readonly id: string;
  readonly state?: unknown;
  /** The process that made it lives. */
  readonly ownerAlive: boolean;
  /** It was kept on purpose (`--keep`): reap leaves it alone unless told. */
  readonly kept: boolean;
  /** Its machines were there before, and stay: to destroy it is to give up the claim on them. */
  readonly borrowed?: boolean;
}

/** Makes machines, or borrows them, and knows nothing of what runs on them. */
export interface Provider {
  readonly name: string;
  /**
   * All its machines are new, and have a key of ours for who logs in unless the user names one. On one that
   * was there before nobody may try a key that its owner did not name.
   */
  readonly makes: boolean;
  /** Whether it can work here; under a second, and without side effects. */
  probe(ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<ProbeResult>;
  /**
   * The machines as `create` would make them, for a look at rendered files before any exists; the addresses
   * need not be the ones that a later `create` gives. Throws UsageError when the options are wrong.
   */
  preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]>;
  /**
   * Makes the machines and hands them over when ssh may be tried (it need not answer yet). The caller has
   * recorded the cluster's id in the ledger before; `destroy` with that id alone undoes whatever was made,
   * at any moment. On a throw or an abort the caller calls `destroy`. Throws UsageError for wrong options,
   * else ShakedownError.
   */
  create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster>;
  /** Clusters of this provider on this main host, those of killed runs included. */
  list(ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<readonly ListedCluster[]>;
  /** Takes away all of a cluster, in whatever state it is; may be called twice, and by another process. */
  destroy(cluster: Pick<Cluster, 'id' | 'state'>, ctx: Pick<RunContext, 'signal' | 'log'>): Promise<void>;
}

/**
 * Whether the main host reaches a machine by its ssh alone: it is said of
 * it, or there is something before it.
 */
export const isSshOnly = ({ sshOnly, ssh }: Machine): boolean =>
  sshOnly ?? ((ssh.jumps ?? []).length > 0 || ssh.proxyCommand !== undefined);

/** The machines that were there before, and are to be given back as they were. */
export const borrowedMachines = ({ machines, borrowed }: Cluster): readonly Machine[] =>
  machines.filter((machine) => machine.borrowed ?? borrowed);
