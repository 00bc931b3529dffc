import { canReboot } from '../providers/capabilities.ts';
import type { Provider } from '../providers/provider.ts';

/** What was found out about a machine that is open. */
export interface MachineFacts {
  /** Commands can be run as root. */
  readonly root: boolean;
  /** It shares its main host's kernel. */
  readonly container: boolean;
  /** The login's account, where that is not root. */
  readonly user?: string;
}

/**
 * What a caller may count on, in the words of README.virtualisation-server. A machine that we make is
 * reverted to its last bit, by a snapshot or by making another; one that is borrowed not at all.
 */
export function capabilitiesOf(provider: Provider, makes: boolean, facts?: MachineFacts): readonly string[] {
  return [
    ...(makes ? ['revert', 'revert-full-system'] : []),
    ...(makes && canReboot(provider) ? ['reboot'] : []),
    ...((facts?.root ?? makes) ? ['root-on-testbed'] : []),
    ...(facts ? [facts.container ? 'isolation-container' : 'isolation-machine'] : []),
    ...(facts?.user === undefined ? [] : [`suggested-normal-user=${facts.user}`]),
  ];
}
