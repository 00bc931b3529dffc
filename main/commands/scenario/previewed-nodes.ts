import type { Scenario } from '../../config/scenario.ts';
import type { Machine } from '../../providers/provider.ts';
import { providerNamed } from '../../providers/registry.ts';

/** The machines as the provider would make or find them; none is made or touched. */
export async function previewMachines(scenario: Scenario): Promise<readonly Machine[]> {
  const provider = await providerNamed(scenario.provider);
  return provider.preview({
    machines: scenario.machines,
    options: scenario.providerOptions,
    login: scenario.login,
  });
}
