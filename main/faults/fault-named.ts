import type { NodeFault } from './fault.ts';
import { faults } from './faults.ts';

/** The row of that name, if there is one. */
export function faultNamed(name: string): NodeFault<readonly unknown[]> | undefined {
  const rows: Readonly<Record<string, unknown>> = faults;
  return Object.hasOwn(rows, name) ? (rows[name] as NodeFault<readonly unknown[]>) : undefined;
}
