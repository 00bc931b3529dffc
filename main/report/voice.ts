import type { Writable } from 'node:stream';
import {
  type ConsolaInstance,
  type ConsolaOptions,
  createConsola,
  LogLevels,
  type LogObject,
} from 'consola/core';
import { painter } from './words.ts';

/** Where a program speaks to people. */
export interface Audience {
  readonly stderr: Writable & { isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

export type Voice = ConsolaInstance;

/**
 * Notes, warnings and errors for people, on stderr: `shakedown: the message`. What programs read is no
 * voice's: it goes to stdout as it is. On terminals the name has the colour of how bad it is.
 */
export function voiceOf({ stderr, env }: Audience, program = 'shakedown'): Voice {
  const paint = painter(stderr, env);
  const log = (said: LogObject): void => {
    const name =
      said.level === LogLevels.error
        ? paint('red', said.tag)
        : paint(said.level === LogLevels.warn ? 'yellow' : 'gray', said.tag);
    stderr.write(`${name}: ${said.args.join(' ')}\n`);
  };
  return createConsola({ ...spoken(env), defaults: { tag: program }, reporters: [{ log }] });
}

/**
 * What every voice has: `CONSOLA_LEVEL` says how much is said (0 errors only, 1 warnings too, 3 notes too,
 * the usual), and nothing is left out because it was said before.
 */
export const spoken = (env: NodeJS.ProcessEnv): Partial<ConsolaOptions> => ({
  level: /^-?\d+$/.test(env.CONSOLA_LEVEL ?? '') ? Number(env.CONSOLA_LEVEL) : LogLevels.info,
  throttle: -1,
});
