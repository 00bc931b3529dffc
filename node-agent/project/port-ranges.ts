import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { ShakedownError } from '../../common/errors.ts';
import type { TakePortsParams } from '../../common/protocol/project-protocol.ts';
import { listeners } from '../proc/listening.ts';

/** Below the ports that the kernel gives to clients (ip_local_port_range begins at 32768). */
const [lowest, above] = [10_000, 32_000];

/**
 * Ranges of ports that no other distribution on this node has, whoever's it is: each is an abstract socket
 * (unix(7)), which vanishes with its process. The search begins at a place of the key's own, so that a
 * project finds its ports again.
 */
export class PortRanges {
  readonly #key: string;
  readonly #held: Server[] = [];

  constructor(key: string) {
    this.#key = key;
  }

  /** The first port of each range. Throws ShakedownError where too few are free. */
  async take({ ranges, size }: TakePortsParams): Promise<readonly number[]> {
    const places = Math.floor((above - lowest) / size);
    const begin = createHash('sha256').update(this.#key).digest().readUInt32BE() % places;
    const found: number[] = [];
    const used = listeners().map(({ port }) => port);
    for (let step = 0; step < places && found.length < ranges; step += 1) {
      const first = lowest + ((begin + step) % places) * size;
      if (used.some((port) => port >= first && port < first + size)) continue;
      if (await this.#hold(first)) found.push(first);
    }
    if (found.length === ranges) return found;
    throw new ShakedownError({ message: `there are no ${ranges} free ranges of ${size} ports on the node` });
  }

  #hold(first: number): Promise<boolean> {
    return new Promise((resolve) => {
      const server = createServer((socket) => socket.destroy());
      server.once('error', () => resolve(false));
      server.listen(`\0shakedown-ports:${first}`, () => {
        server.unref();
        this.#held.push(server);
        resolve(true);
      });
    });
  }
}
