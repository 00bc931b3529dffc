/** QEMU's own network (qemu-system-x86_64(1), -netdev user): the machine, the main host, a resolver. */
export const userNetwork = { net: '10.0.2', machine: '10.0.2.15', main: '10.0.2.2', resolver: '10.0.2.3' };

/** The last number of a machine's address in its cluster's subnet, the main host having 1. */
export const bridgedPlace = (id: number): number => id + 2;

/**
 * Likewise where the subnet is that of slirp4netns (slirp4netns(1), --cidr): it is the gateway at 2, which passes on
 * what goes out, and the resolver at 3.
 */
export const slirpPlace = (id: number): number => id + 4;
export const slirpGateway = 2;
export const slirpResolver = 3;
