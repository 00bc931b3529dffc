/**
 * How this main host reaches machines: on a bridge of its own; at ports that slirp4netns forwards to a bridge
 * in a namespace; or at those that QEMU's own network forwards to a single machine.
 */
export type Reach = 'bridge' | 'slirp' | 'user';

export const reachOf = (bridged: boolean, inNamespace: boolean): Reach =>
  bridged ? (inNamespace ? 'slirp' : 'bridge') : 'user';

/** The subnet of QEMU's own network (qemu-system-x86_64(1), -netdev user). */
export const userSubnet = '10.0.2';

/** The last numbers of addresses in a subnet that begins as `10.101.7`. */
interface HostNumbers {
  readonly machine: (id: number) => number;
  /**
   * The way out: this main host; or slirp4netns or QEMU, which pass on what
   * goes out (slirp4netns(1), --cidr).
   */
  readonly gateway: number;
  /** Who resolves names; undefined: as on this main host. */
  readonly resolver: number | undefined;
}

export const hostNumbers: Readonly<Record<Reach, HostNumbers>> = {
  bridge: { machine: (id) => id + 2, gateway: 1, resolver: undefined },
  slirp: { machine: (id) => id + 4, gateway: 2, resolver: 3 },
  user: { machine: () => 15, gateway: 2, resolver: 3 },
};
