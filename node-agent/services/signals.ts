import { constants } from 'node:os';
import { ShakedownError } from '../../common/errors.ts';

/** `KILL`, `kill` or `SIGKILL` as a signal's name. Throws ShakedownError for what is none. */
export function parseSignal(text: string): NodeJS.Signals {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`;
  if (isSignal(name)) return name;
  throw new ShakedownError({
    message: `'${text}' is not a signal`,
    hint: 'write it as KILL, TERM, STOP, CONT …',
  });
}

const isSignal = (name: string): name is NodeJS.Signals => name in constants.signals;
