import type { NodeFacts } from '../../config/scenario.ts';
import type { Ask, Scope } from '../cluster-under-test.ts';
import type { Operations } from '../method.ts';
import type { ClusterMethods } from '../methods.ts';
import { failure } from './cluster-error.ts';

/** The way to the cluster. */
export interface Way {
  readonly nodes: readonly NodeFacts[];
  /** The names of the operations that there are. */
  readonly methods: Readonly<Record<Scope, readonly string[]>>;
  /**
   * Asks for an operation; throws `failed`, whose stack is that of the caller's call, with what went wrong.
   */
  ask(asked: Ask, failed: Error): Promise<unknown>;
}

/** What an operation is asked of. */
export type On = Pick<Ask, 'scope' | 'node' | 'service'>;

/** The operations of a scope, each a function that asks for it; `as` is what becomes of the answers. */
export function operations<S extends Scope>(
  on: On & { readonly scope: S },
  way: Way,
  as: (answer: unknown) => unknown = (answer) => answer,
): Operations<ClusterMethods[S]> {
  const named = way.methods[on.scope].map((method) => {
    const call = async (...given: readonly unknown[]) =>
      as(await way.ask(asking(on, method, given), failure(call)));
    return [method, Object.defineProperty(call, 'name', { value: method })] as const;
  });
  return Object.fromEntries(named) as unknown as Operations<ClusterMethods[S]>;
}

/** What crosses a wire has no `undefined`: arguments that were left out at the end are left out there. */
export const asking = (on: On, method: string, given: readonly unknown[]): Ask => ({
  ...on,
  method,
  params: given.slice(0, given.findLastIndex((each) => each !== undefined) + 1),
});
