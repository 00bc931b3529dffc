import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as breath } from 'node:timers/promises';
import { printableLine } from '../../common/text/printable.ts';
import { inColumns } from './columns.ts';
import { processIds, processStat } from './process-stat.ts';
import { listens, type SocketKind, socketTable, unconnected } from './socket-table.ts';

const kinds: readonly SocketKind[] = ['udp', 'udp6', 'tcp', 'tcp6'];

/**
 * The sockets of this node that listen, and whose they are, as `ss -tulnp` (ss(8)) shows them, but for what
 * a queue may hold.
 */
export async function listeningSockets(): Promise<string> {
  const sockets = kinds.flatMap((kind) =>
    socketTable(kind)
      .filter(({ state }) => state === (kind.startsWith('tcp') ? listens : unconnected))
      .map((socket) => ({ ...socket, kind })),
  );
  const holders = await holdersOf(new Set(sockets.map(({ inode }) => inode)));
  const rows = sockets.map(({ kind, address, port, waiting, inode }) => [
    kind.slice(0, 3),
    kind.startsWith('tcp') ? 'LISTEN' : 'UNCONN',
    String(waiting),
    kind.endsWith('6') ? `[${address}]:${port}` : `${address}:${port}`,
    kind.endsWith('6') ? '[::]:*' : '0.0.0.0:*',
    inWords(holders.get(inode) ?? []),
  ]);
  const heads = ['Netid', 'State', 'Recv-Q', 'Local Address:Port', 'Peer Address:Port', 'Process'];
  return inColumns([heads, ...rows], ['Local Address:Port', 'Peer Address:Port']);
}

/** A process that has a socket open. */
interface Holder {
  readonly pid: number;
  readonly name: string;
  readonly descriptor: string;
}

async function holdersOf(inodes: ReadonlySet<string>): Promise<Map<string, Holder[]>> {
  const holders = new Map<string, Holder[]>();
  let seen = 0;
  for (const pid of processIds()) {
    const open = descriptorsOf(pid);
    for (const [descriptor, inode] of socketsAmong(pid, open)) {
      if (!inodes.has(inode)) continue;
      const name = printableLine(processStat(pid)?.name ?? '?');
      holders.set(inode, [...(holders.get(inode) ?? []), { pid, name, descriptor }]);
    }
    seen += open.length;
    if (seen < 500) continue;
    // Other calls must not wait for processes with a million files.
    await breath();
    seen = 0;
  }
  return holders;
}

const directoryOf = (pid: number): string => `/proc/${pid}/fd`;

/** None of a process that has ended, or is another user's. */
function descriptorsOf(pid: number): readonly string[] {
  try {
    return readdirSync(directoryOf(pid));
  } catch {
    return [];
  }
}

const socketsAmong = (
  pid: number,
  descriptors: readonly string[],
): (readonly [descriptor: string, inode: string])[] =>
  descriptors.flatMap((descriptor) => {
    const inode = /^socket:\[(\d+)\]$/.exec(targetOf(`${directoryOf(pid)}/${descriptor}`))?.[1];
    return inode === undefined ? [] : [[descriptor, inode] as const];
  });

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

const inWords = (holders: readonly Holder[]): string => {
  if (holders.length === 0) return '';
  const each = holders.map(({ name, pid, descriptor }) => `("${name}",pid=${pid},fd=${descriptor})`);
  return `users:(${each.join(',')})`;
};
