import { ShakedownError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { ServiceDied } from '../../common/service-status.ts';
import type { NodeAddress } from './step.ts';

/** Of a command only its parent is told the exit code: the agent of the run that started it. */
const unknownEnd =
  'look at its last lines and at the journal around that time (out of memory?). Of a command that an earlier ' +
  "run started on kept machines only that it ended can be seen, not its exit code: 'shakedown rerun --from " +
  "start' starts it anew, and the next end is told whole";

/** The death of a machine's service as the failure that it is, at `at` (ms since the epoch). */
export function serviceDeath(
  { name, exitCode, signal, restarted, lastLines }: ServiceDied,
  { id: node, address }: NodeAddress,
  at: number,
): ShakedownError {
  const isKnown = signal !== null || exitCode !== null;
  const how = signal ? ` by signal ${signal}` : ` with exit code ${exitCode}`;
  const again = restarted ? '; systemd started it again by itself' : '';
  return new ShakedownError({
    message: `service '${name}' ended unasked${isKnown ? how : '; how it ended nobody was told'}${again}`,
    verdict: 'fail',
    ...{ at, node, address, lastLines, log: `nodes/${node}/logs/${name}.log` },
    ...present({ hint: isKnown ? undefined : unknownEnd }),
  });
}
