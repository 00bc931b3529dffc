import { closeSync, openSync, readSync } from 'node:fs';

/** A socket as the kernel tells of it (proc(5), /proc/net/tcp and its kin). */
export interface TableSocket {
  readonly address: string;
  readonly port: number;
  /** Two digits, as in <netinet/tcp.h>. */
  readonly state: string;
  /** Bytes that wait to be read; of a TCP socket that listens, connections that wait to be taken. */
  readonly waiting: number;
  /** Its number among the files; see /proc/PID/fd. */
  readonly inode: string;
}

export type SocketKind = 'tcp' | 'tcp6' | 'udp' | 'udp6';

/** TCP_LISTEN. */
export const listens = '0A';
/** TCP_CLOSE: of UDP, a socket that takes from anybody. */
export const unconnected = '07';

/** Empty where there is no such kind. */
export function socketTable(kind: SocketKind): TableSocket[] {
  try {
    return parseSocketTable(readTable(`/proc/net/${kind}`));
  } catch {
    return [];
  }
}

/**
 * The kernel fills at least a page as long as it has lines, and one has some 150 bytes: what leaves much room
 * is the end. To read on until nothing comes would have it look through its whole table once more, which is
 * large where there is much memory: 1.7 ms with 24 GiB.
 */
function readTable(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let length = page; length > page - longestLine; ) {
      const piece = Buffer.allocUnsafe(64 * 1024);
      length = readSync(descriptor, piece);
      pieces.push(piece.subarray(0, length));
    }
    return Buffer.concat(pieces).toString('latin1');
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes: the smallest page of any processor, and more than any line of these tables has. */
const [page, longestLine] = [4096, 512];

export function parseSocketTable(table: string): TableSocket[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state = '', queues = '', , , , , inode = ''] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    if (!/^[0-9A-F]{4}$/.test(port)) return [];
    const waiting = Number.parseInt(queues.split(':')[1] ?? '', 16) || 0;
    return [{ address: addressOf(address), port: Number.parseInt(port, 16), state, waiting, inode }];
  });
}

/**
 * The kernel writes an address as words of 32 bits, each in the byte order of
 * the machine: here little-endian.
 */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    [3, 2, 1, 0].map((place) => word.slice(place * 2, place * 2 + 2)),
  );
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.slice(index * 2, index * 2 + 2).join(''));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
