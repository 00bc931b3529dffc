import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';

/**
 * Reads what a script that made a cluster printed: its lines `note …` go to the log, and `net 10.x.y` is the
 * subnet that is returned. Throws ShakedownError where there is no such line.
 */
export function readCreation(printed: string, { log }: Pick<RunContext, 'log'>): string {
  for (const [, note = ''] of printed.matchAll(/^note (.*)$/gm)) log(note);
  const [, net] = /^net (\S+)$/m.exec(printed) ?? [];
  if (net === undefined) throw new ShakedownError({ message: `no subnet was told: ${printed}` });
  return net;
}
