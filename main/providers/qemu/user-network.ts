/** QEMU's own network (qemu-system-x86_64(1), -netdev user): the machine, the main host, a resolver. */
export const userNetwork = { net: '10.0.2', machine: '10.0.2.15', main: '10.0.2.2', resolver: '10.0.2.3' };
