import { isSshOnly } from '../../providers/provider.ts';
import type { Node } from '../node.ts';
import { urlHost } from '../url-host.ts';
import { openLocalPort } from './local-port.ts';

/** Where the main host reaches the nodes' ports. */
export class Endpoints {
  /** Ports of the main host, by the nodes' ports that they go to; they outlive a restart of the node. */
  readonly #ports = new Map<string, Promise<number>>();

  /**
   * `host:port` of a node's port: at its address, or where the main host has no route to that a port of its
   * own loopback whose connections go wherever `connect` does.
   */
  async of(
    { id, machine, lost }: Node,
    port: number,
    connect: Parameters<typeof openLocalPort>[0],
  ): Promise<string> {
    if (!isSshOnly(machine)) return `${urlHost(machine.address)}:${port}`;
    const key = `${id}:${port}`;
    if (!this.#ports.has(key)) {
      this.#ports.set(key, openLocalPort(connect, lost));
      lost.addEventListener('abort', () => this.#ports.delete(key), { once: true });
    }
    return `127.0.0.1:${await this.#ports.get(key)}`;
  }
}
