import type { ServiceDied } from '../service-status.ts';

/** What the agent tells unasked. */
export interface AgentNotifications {
  /** A line for the node's tester.log. */
  log: { readonly atMs: number; readonly message: string };
  /** A line worth showing: `installing 4 packages`. */
  progress: { readonly message: string };
  serviceDied: ServiceDied;
  /** The answer to each `alive`. */
  alive: Record<string, never>;
}

/** What the main host tells unasked. */
export interface MainNotifications {
  /** Sent every `aliveEvery` seconds; who hears nothing for `aliveWithin` takes the other side for dead. */
  alive: Record<string, never>;
}

export const aliveEvery = 15;
export const aliveWithin = 120;
