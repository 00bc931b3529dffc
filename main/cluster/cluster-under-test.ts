import type { Duplex } from 'node:stream';
import type { NodeFacts } from '../config/scenario.ts';
import type { Asked, ParamsOf, ResultOf } from './method.ts';
import type { ClusterMethods } from './methods.ts';

export type Scope = keyof ClusterMethods;
export type MethodOf<S extends Scope> = keyof ClusterMethods[S] & string;

/** What an operation acts on. */
export interface Targets {
  readonly main: Record<never, never>;
  readonly cluster: Record<never, never>;
  /** A node, by its id. */
  readonly node: { readonly node: number };
  readonly fault: { readonly node: number };
  /** One of its services, by its name. */
  readonly service: { readonly node: number; readonly service: string };
}

/** An operation that is asked for, as plain data. */
export interface Ask {
  readonly scope: Scope;
  readonly method: string;
  readonly node?: number;
  readonly service?: string;
  readonly params: readonly unknown[];
}

/** A node of a cluster that is up, for those who look at it from outside. */
export interface NodeUnderTest extends NodeFacts {
  /**
   * A stream to a port of its address, through its ssh. There where the main host has no route to that
   * address, and nowhere else. Throws ShakedownError when nobody answers.
   */
  readonly connect?: (port: number) => Promise<Duplex>;
  /**
   * Aborted when the connection to the node is lost, unless that was meant; one
   * that came back has another signal.
   */
  readonly lost: AbortSignal;
}

/** The cluster as those see it who ask for operations on it. */
export interface ClusterUnderTest {
  readonly nodes: readonly NodeUnderTest[];
  /**
   * Asks for a row of ClusterMethods; calls may run side by side. Throws what its function throws, and
   * UsageError for arguments that are not as its row has them.
   */
  ask<S extends Scope, M extends MethodOf<S>>(
    scope: S,
    method: M,
    on: Targets[S],
    params: ParamsOf<ClusterMethods[S][M]>,
    asked?: Asked,
  ): Promise<ResultOf<ClusterMethods[S][M]>>;
}
