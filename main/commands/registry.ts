import type { CommandEntry } from './command.ts';
import { distributeCommands } from './distribute/entries.ts';
import { hostCommands } from './host/entries.ts';
import { imagesCommands } from './images/entries.ts';
import { jobsCommands } from './jobs/entries.ts';
import { nodesCommands } from './nodes/entries.ts';
import { runCommands } from './run/entries.ts';
import { scenarioCommands } from './scenario/entries.ts';
import { scriptCommands } from './script/entries.ts';

/**
 * Every `shakedown <name>`, in the order in which the help lists them. An entry loads its command when that
 * is asked for; nothing else may be loaded from here, so that the help costs little.
 */
export const commands: readonly CommandEntry[] = [
  ...runCommands,
  ...scriptCommands,
  ...distributeCommands,
  ...scenarioCommands,
  ...nodesCommands,
  ...imagesCommands,
  ...jobsCommands,
  ...hostCommands,
];
