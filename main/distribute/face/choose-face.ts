import { type Face, type FaceOptions, isScreen, silentFace } from '../../report/face.ts';
import { silent, type Telling } from '../suite/telling.ts';
import { PlainFace } from './plain-face.ts';

/** On a terminal a picture that is redrawn, elsewhere a line for each file; with `quiet` nothing. */
export async function chooseDistributeFace({
  stdout,
  env,
  signal,
  quiet,
}: Omit<FaceOptions, 'json'> & { readonly quiet: boolean }): Promise<Face & Telling> {
  if (quiet) return { ...silentFace, ...silent };
  if (!isScreen(stdout, env)) return new PlainFace(stdout, env);
  const { TerminalFace } = await import('./terminal-face.ts');
  return new TerminalFace(stdout, env, signal);
}
