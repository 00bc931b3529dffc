import type { Face } from '../report/face.ts';
import { realWorld } from '../run/world/real-world.ts';
import type { World } from '../run/world/world.ts';
import { callerOf } from './caller-of.ts';
import type { CommandEnvironment } from './command.ts';

/** The world with its machines, for a command that was started in it. */
export const worldOf = (environment: CommandEnvironment, face: Face): World =>
  realWorld(callerOf(environment, face));
