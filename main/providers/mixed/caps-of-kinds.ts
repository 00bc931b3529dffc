import { canPower, canReboot, canSnapshot } from '../capabilities.ts';
import type { ProbeResult, Provider } from '../provider.ts';

/** What can be done to machines of at least one of the kinds, and in words of which. */
export function capsOfKinds(kinds: readonly Provider[]): Pick<ProbeResult, 'caps' | 'note'> {
  const able = [
    ['reboot', canReboot],
    ['power', canPower],
    ['snapshot', canSnapshot],
  ] as const;
  const found = able.flatMap(([cap, can]) => {
    const names = kinds.filter(can).map(({ name }) => name);
    return names.length === 0 ? [] : [{ cap, words: `${cap}: ${names.join(', ')}` }];
  });
  const note = found.map(({ words }) => words).join('; ');
  return { caps: found.map(({ cap }) => cap), ...(note === '' ? {} : { note }) };
}
