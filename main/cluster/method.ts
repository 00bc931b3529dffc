import type { z } from 'zod';
import type { ServiceSpec } from '../../common/ready.ts';
import type { Live } from './live.ts';
import type { Node } from './node.ts';

/** Who asks for an operation, and for how long. */
export interface Asked {
  /** Ends what is under way: the one who asked for it is over. */
  readonly signal?: AbortSignal;
  /** The check that asks, by its full name. */
  readonly by?: string;
}

export interface OnMain {
  readonly live: Live;
}
export interface OnNode extends OnMain {
  readonly node: Node;
}
export interface OnService extends OnNode {
  /** The service as the config has it. */
  readonly service: ServiceSpec;
}

/**
 * One operation of the live cluster, on the main host, a node or a service. What goes in and out is plain
 * data, so that it can be asked for from another process.
 */
export interface Method<On, P extends readonly unknown[], R> {
  /** The arguments, in the order in which users write them. */
  readonly params: z.ZodType<NoInfer<P>>;
  /** It may be asked of a node that is off, or on its way: such a call does not wait until the node is up. */
  readonly whenDown?: true;
  /**
   * Throws ShakedownError, UsageError for arguments that mean nothing, ConnectionLostError for a lost node.
   */
  readonly run: (on: On, params: P, asked: Asked) => Promise<R>;
}

export type ParamsOf<M> = M extends {
  run: (on: never, params: infer P extends readonly unknown[], asked: never) => unknown;
}
  ? P
  : never;
export type ResultOf<M> = M extends { run: (...args: never[]) => Promise<infer R> } ? R : never;

/** The rows of a table as functions, as the one sees them who asks. */
export type Operations<T> = {
  readonly [M in keyof T]: (...params: ParamsOf<T[M]>) => Promise<ResultOf<T[M]>>;
};

export const onMain = <P extends readonly unknown[], R>(row: Method<OnMain, P, R>) => row;
export const onNode = <P extends readonly unknown[], R>(row: Method<OnNode, P, R>) => row;
export const onService = <P extends readonly unknown[], R>(row: Method<OnService, P, R>) => row;
