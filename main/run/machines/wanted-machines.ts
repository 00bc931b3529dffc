import { setImmediate } from 'node:timers/promises';
import type { Scenario } from '../../config/scenario.ts';
import { canAskAhead } from '../../providers/capabilities.ts';
import type { MachinesSpec, Provider } from '../../providers/provider.ts';

/** The part of a MachinesSpec that is known before any machine is made. */
export type WantedMachines = Omit<MachinesSpec, 'cluster' | 'shares'>;

export function wantedMachines(scenario: Scenario): WantedMachines {
  return { machines: scenario.machines, options: scenario.providerOptions, login: scenario.login };
}

/**
 * Has the provider begin to ask about machines that are there already; resolves once it has asked, for the
 * answers can come while what a run needs is loaded. Never throws: what is wrong is told where the run asks.
 */
export async function askAhead(
  scenario: Scenario,
  providerNamed: (name: string) => Promise<Provider>,
): Promise<void> {
  try {
    const provider = await providerNamed(scenario.provider);
    if (!canAskAhead(provider)) return;
    provider.askAhead(wantedMachines(scenario));
    // The questions go out with the loop's next turn, for which loading leaves no room.
    await setImmediate();
  } catch {
    // The run comes upon it, too.
  }
}
