import { dropPort } from './drop-port.ts';

/**
 * Every fault that can be injected into a node, by the name that check files
 * call it by: a new fault is a new row.
 */
export const faults = {
  /**
   * Packets to a port of the node are dropped, TCP and UDP, from wherever they come, until `heal()`:
   * `const fault = await node.dropPort(2379); … await fault.heal()`. The port of ssh is refused.
   */
  dropPort,
} as const;
