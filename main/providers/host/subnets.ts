interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * Private networks (RFC 1918) that few others choose from; podman's 10.88.0.0/16 and docker's 172.17 are not
 * in them.
 */
const pools = [
  { prefix: '10.', from: 100 * 256, count: 100 * 256 },
  { prefix: '172.', from: 28 * 256, count: 4 * 256 },
  { prefix: '192.168.', from: 200, count: 50 },
] as const;

/**
 * Up to 64 subnets for a cluster, each a /24 given as its first three numbers (`10.101.7`), in an order of
 * the cluster's own. None overlaps a route of this machine or holds one of `avoid` (addresses such as its
 * resolvers).
 */
export async function subnetCandidates(
  cluster: string,
  avoid: readonly string[],
): Promise<readonly string[]> {
  const { execa } = await import('execa');
  const { stdout } = await execa('ip', ['-j', '-4', 'route', 'show', 'table', 'all']);
  const routes = (JSON.parse(stdout || '[]') as { dst?: string; gateway?: string }[]).flatMap((route) => [
    route.dst ?? '',
    route.gateway ?? '',
  ]);
  return freeSubnets(Number.parseInt(cluster, 16), [...routes, ...avoid])
    .take(64)
    .toArray();
}

/**
 * `start` chooses the order; `taken` holds addresses and networks (`10.0.0.0/8`), anything else in it is
 * ignored.
 */
export function* freeSubnets(start: number, taken: readonly string[]): Generator<string, void> {
  const ranges = taken.flatMap(range);
  const free = ({ first, last }: Range) => ranges.every((other) => last < other.first || first > other.last);
  for (const { prefix, from, count } of pools) {
    for (let step = 0; step < count; step++) {
      // A stride that shares no factor with the counts comes to each subnet once.
      const index = from + ((start + step * 7919) % count);
      const rest = prefix === '192.168.' ? `${index}` : `${Math.floor(index / 256)}.${index % 256}`;
      if (range(`${prefix}${rest}.0/24`).every(free)) yield `${prefix}${rest}`;
    }
  }
}

function range(destination: string): Range[] {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(destination);
  if (!match) return [];
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = match.slice(1).map((part) => Number(part ?? 32));
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  return [{ first, last: first + 2 ** (32 - bits) - 1 }];
}
