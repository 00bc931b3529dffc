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

/** Seconds from one `alive` of the main host to the next; the agent answers each. */
export const aliveEvery = 15;
/** Seconds without a word after which either side takes the other for gone. */
export const aliveWithin = 120;
