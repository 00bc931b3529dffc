import { type Face, type FaceOptions, isScreen } from './face.ts';
import { PlainFace } from './plain-face.ts';
import { TerminalFace } from './terminal-face.ts';

/** On a terminal a picture that is redrawn, elsewhere stamped lines; with `json` the events themselves. */
export function chooseFace({ json, stdout, env, signal }: FaceOptions): Face {
  if (json) return { handle: (event) => stdout.write(`${JSON.stringify(event)}\n`), close: () => undefined };
  return isScreen(stdout, env) ? new TerminalFace(stdout, env, signal) : new PlainFace(stdout, env, signal);
}
