import { execa } from 'execa';

/** A network in which a main host is that is in no network of the machines'. */
interface FarMainHost extends AsyncDisposable {
  /** Words before a command that is to be run there. */
  readonly within: readonly string[];
}

/**
 * Makes one, from which no more than `mbit` Mbit/s leaves, with a route to the machines of a cluster of
 * nspawn's, which lets nobody in but its own main host.
 */
export async function farMainHost(mbit: number, cluster: string): Promise<FarMainHost> {
  const name = `bench-far-${process.pid}`;
  // Addresses that are set aside for benchmarks (RFC 2544). An interface's name has at most 15 characters.
  const [here, there] = [`far${process.pid}h`, `far${process.pid}`];
  const script = `
ip netns add ${name}
ip link add ${here} type veth peer name ${there} netns ${name}
ip addr add 198.18.0.1/30 dev ${here}
ip link set ${here} up
ip -n ${name} addr add 198.18.0.2/30 dev ${there}
ip -n ${name} link set lo up
ip -n ${name} link set ${there} up
ip -n ${name} route add default via 198.18.0.1
ip netns exec ${name} tc qdisc add dev ${there} root tbf rate ${mbit}mbit burst 256k latency 100ms
nft insert rule ip shakedown_${cluster} shield iifname ${here} accept
`;
  const gone = async () => void (await execa('ip', ['netns', 'del', name]));
  try {
    await execa('sh', ['-e', '-c', script]);
  } catch (error) {
    await gone().catch(() => undefined);
    throw error;
  }
  return { within: ['nsenter', `--net=/run/netns/${name}`], [Symbol.asyncDispose]: gone };
}
