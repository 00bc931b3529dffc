import type { Command } from './command.ts';
import { configCommand } from './config.ts';
import { cpCommand } from './cp.ts';
import { doctorCommand } from './doctor.ts';
import { downCommand } from './down.ts';
import { execCommand } from './exec.ts';
import { imagesCommand } from './images.ts';
import { initCommand } from './init.ts';
import { nodesCommand } from './nodes.ts';
import { reapCommand } from './reap.ts';
import { renderCommand } from './render.ts';
import { rerunCommand } from './rerun.ts';
import { runCommand } from './run.ts';
import { runsCommand } from './runs.ts';
import { scriptCommand } from './script.ts';
import { shellCommand } from './shell.ts';

/** Every `shakedown <name>`, in the order in which the help lists them. */
export const commands: readonly Command[] = [
  runCommand,
  rerunCommand,
  scriptCommand,
  initCommand,
  configCommand,
  renderCommand,
  nodesCommand,
  execCommand,
  shellCommand,
  cpCommand,
  downCommand,
  runsCommand,
  reapCommand,
  imagesCommand,
  doctorCommand,
];
