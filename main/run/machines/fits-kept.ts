import type { Scenario } from '../../config/scenario.ts';
import type { Cluster } from '../../providers/provider.ts';

/** Whether these machines are as many, and of the kind, as the scenario asks for. */
export const fitsKept = (
  { machines, provider }: Scenario,
  kept: Pick<Cluster, 'machines' | 'provider'>,
): boolean => machines.length === kept.machines.length && provider === kept.provider;
