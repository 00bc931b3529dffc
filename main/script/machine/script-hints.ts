import type { Aftermath } from './machine-loss.ts';

/**
 * What programs say that miss a terminal: tty(1), stty(1), tput(1), sudo(8),
 * docker, less, whiptail, /dev/tty itself.
 */
const missesTerminal =
  /not a tty|not a terminal|Inappropriate ioctl for device|TERM environment variable (not set|needs set)|No value for \$TERM|terminal is required|\/dev\/tty: No such device|without a terminal|must be run (from|in) a terminal|unable to get terminal/i;

/** Sentences that may explain how a script ended. */
export function hints(ended: {
  readonly exitCode: number;
  readonly lastLines: readonly string[];
  readonly tty: boolean;
  readonly interpreter: string | undefined;
  readonly aftermath: Aftermath;
  /** What it left running goes on. */
  readonly stays: boolean;
}): readonly string[] {
  const { exitCode, lastLines, tty, interpreter, aftermath, stays } = ended;
  const found: string[] = [];
  if (exitCode === 127 && aftermath.noInterpreter && interpreter !== undefined) {
    const name = interpreter.slice(interpreter.lastIndexOf('/') + 1);
    found.push(`the machine has no ${interpreter}, which runs the script: --package ${name} may bring it`);
  }
  if (exitCode !== 0 && !tty && lastLines.some((line) => missesTerminal.test(line))) {
    found.push('the script seems to need a terminal: --tty gives it one');
  }
  if (aftermath.held !== '') {
    found.push(`ended what the script left in the background with its output open: ${aftermath.held}`);
  }
  if (aftermath.left !== '' && !stays) found.push(`ended what the script left running: ${aftermath.left}`);
  return found;
}
