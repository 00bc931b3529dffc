import type { Resolver } from './resolver.ts';

/** What the plans of all clusters have that are made on this main host. */
export interface ClusterPlan {
  /** Its six hex digits. */
  readonly cluster: string;
  /** Subnets to choose from, as `10.101.7`: the first one that is free. */
  readonly subnets: readonly string[];
  /** The machines' own user, and the key that logs in as that. */
  readonly user: string;
  readonly publicKey: string;
  readonly resolver: Resolver;
}

/** What a machine is known by, which is made before it is. */
interface Identified {
  readonly id: number;
  readonly machineId: string;
  readonly hostKey: string;
  readonly publicHostKey: string;
}

/** Columns of what the makers of containers are told. */
export const identityColumns = {
  node_ids: ({ id }: Identified) => id,
  machine_ids: ({ machineId }: Identified) => machineId,
  host_keys: ({ hostKey }: Identified) => hostKey,
  public_host_keys: ({ publicHostKey }: Identified) => publicHostKey,
} as const;
