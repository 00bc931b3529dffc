import { type Face, type FaceOptions, isScreen, silentFace } from '../../report/face.ts';
import { silent, type Telling } from '../suite/telling.ts';
import { PlainFace } from './plain-face.ts';
import { TerminalFace } from './terminal-face.ts';

/** On a terminal a picture that is redrawn, elsewhere a line for each file; with `quiet` nothing. */
export function chooseDistributeFace({
  stdout,
  env,
  signal,
  quiet,
}: Omit<FaceOptions, 'json'> & { readonly quiet: boolean }): Face & Telling {
  if (quiet) return { ...silentFace, ...silent };
  return isScreen(stdout, env) ? new TerminalFace(stdout, env, signal) : new PlainFace(stdout, env);
}
