import type { z } from 'zod';
import type { Agent } from '../agent/agent.ts';
import type { Machine } from '../providers/provider.ts';

/** A node as a fault finds it: by its agent, in a run as well as when `reap` finishes one that was killed. */
export interface FaultNode {
  readonly machine: Machine;
  readonly agent: Pick<Agent, 'exec'>;
}

export interface FaultContext {
  /** What the fault makes on the node has this name: `shakedown_4f2a91_1`, unique on the node. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/**
 * Something that is broken on a node on purpose. Whoever injects it has written to the ledger how it is
 * healed before `inject` is called, and calls `heal` when that throws.
 */
export interface NodeFault<P extends readonly unknown[]> {
  /** The arguments, in the order in which users write them. */
  readonly params: z.ZodType<NoInfer<P>>;
  /** `packets to port 2379 are dropped`. */
  readonly describe: (params: P) => string;
  /**
   * Makes it so, and resolves when that is proven to be in effect. Throws UsageError, before anything is
   * done, where it would cut our own way to the node; else ShakedownError.
   */
  readonly inject: (node: FaultNode, params: P, ctx: FaultContext) => Promise<void>;
  /**
   * Takes it back from whatever state it is in: half made, not begun, or healed already. Resolves when
   * nothing of it is left. Throws ShakedownError.
   */
  readonly heal: (node: FaultNode, params: P, ctx: FaultContext) => Promise<void>;
}

/** Gives the fault as it is, its arguments known by those of `inject`. */
export const nodeFault = <P extends readonly unknown[]>(fault: NodeFault<P>): NodeFault<P> => fault;
