import { type Face, type FaceOptions, isScreen } from './face.ts';
import { PlainFace } from './plain-face.ts';

/** On a terminal a picture that is redrawn, elsewhere stamped lines; with `json` the events themselves. */
export async function chooseFace({ json, stdout, env, signal }: FaceOptions): Promise<Face> {
  if (json) return { handle: (event) => stdout.write(`${JSON.stringify(event)}\n`), close: () => undefined };
  if (!isScreen(stdout, env)) return new PlainFace(stdout, env, signal);
  // What knows how wide characters are is 100 KB, which only a terminal needs.
  const { TerminalFace } = await import('./terminal-face.ts');
  return new TerminalFace(stdout, env, signal);
}
