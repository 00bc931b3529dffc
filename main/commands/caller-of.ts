import type { Face } from '../report/face.ts';
import { voiceOf } from '../report/voice.ts';
import type { Caller } from '../run/world/world.ts';
import type { CommandEnvironment } from './command.ts';

/** The one who started a command, as the caller of a run. */
export function callerOf(environment: CommandEnvironment, face: Face): Caller {
  const { cwd: directory, env, signal, hurry, cacheDir } = environment;
  const tell = (line: string) => voiceOf(environment).info(line);
  return { directory, env, signal, hurry, cacheDir, face, tell };
}
