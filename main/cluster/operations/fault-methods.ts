import { z } from 'zod';
import * as field from '../../config/schema/field-schemas.ts';
import type { NodeFault } from '../../faults/fault.ts';
import { faults } from '../../faults/faults.ts';
import { type Asked, type Method, type OnMain, type OnNode, onMain, onNode } from '../method.ts';

type Faults = typeof faults;
type ParamsOfFault<F> = F extends {
  inject: (node: never, params: infer P extends readonly unknown[], ctx: never) => unknown;
}
  ? P
  : never;

/** For each fault a row that injects it into a node, and gives its id. */
export type FaultMethods = { readonly [F in keyof Faults]: Method<OnNode, ParamsOfFault<Faults[F]>, string> };

const injecting = (name: string, { params }: NodeFault<readonly unknown[]>) =>
  onNode({
    params,
    run: ({ live, node }: OnNode, given: readonly unknown[], { signal }: Asked) =>
      live.faults.inject(node, name, given, signal),
  });

const rows = faults as unknown as Readonly<Record<string, NodeFault<readonly unknown[]>>>;

export const faultMethods = Object.fromEntries(
  Object.entries(rows).map(([name, fault]) => [name, injecting(name, fault)]),
) as unknown as FaultMethods;

/** By the id that the fault was given when it was injected. */
export const healFault = onMain({
  params: z.tuple([field.text]),
  run: ({ live }: OnMain, [id]: [id: string]): Promise<void> => live.faults.heal(id),
});
