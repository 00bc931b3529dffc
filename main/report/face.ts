import type { Writable } from 'node:stream';
import type { RunEvent } from '../../common/events.ts';
import { PlainFace } from './plain-face.ts';
import { TerminalFace } from './terminal-face.ts';

/** Shows a run as it goes. */
export interface Face {
  handle(event: RunEvent): void;
  /** Leaves the terminal as it was; may be called twice. */
  close(): void;
}

export const silentFace: Face = { handle: () => undefined, close: () => undefined };

/** On a terminal a picture that is redrawn, elsewhere stamped lines; with `json` the events themselves. */
export function chooseFace(options: {
  readonly json: boolean;
  readonly stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  readonly env: NodeJS.ProcessEnv;
}): Face {
  const { json, stdout, env } = options;
  if (json) return { handle: (event) => stdout.write(`${JSON.stringify(event)}\n`), close: () => undefined };
  if (stdout.isTTY && env.TERM !== 'dumb' && !env.CI) return new TerminalFace(stdout, env);
  return new PlainFace(stdout, env);
}
