import type { Face } from '../report/face.ts';
import { voiceOf } from '../report/voice.ts';
import { realWorld } from '../run/world/real-world.ts';
import type { World } from '../run/world/world.ts';
import type { CommandEnvironment } from './command.ts';

/** The world with its machines, for a command that was started in it. */
export function worldOf(environment: CommandEnvironment, face: Face): World {
  const { cwd: directory, env, signal, hurry, cacheDir } = environment;
  const tell = (line: string) => voiceOf(environment).info(line);
  return realWorld({ directory, env, signal, hurry, cacheDir, face, tell });
}
