import { canPower, canReboot, canSnapshot } from '../capabilities.ts';
import type { ProbeResult, Provider } from '../provider.ts';

const able = [
  ['reboot', canReboot],
  ['power', canPower],
  ['snapshot', canSnapshot],
] as const;

/** In words: what can be done to machines of at least one of the kinds, and of which. */
export function noteOfKinds(kinds: readonly Provider[]): Pick<ProbeResult, 'note'> {
  const words = able.flatMap(([act, can]) => {
    const names = kinds.filter(can).map(({ name }) => name);
    return names.length === 0 ? [] : [`${act}: ${names.join(', ')}`];
  });
  return words.length === 0 ? {} : { note: words.join('; ') };
}
