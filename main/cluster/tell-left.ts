import type { LeftProcess } from '../../common/results.ts';

/** `'sleep 99 & echo started' left running: sleep 99 (pid 4711)`. */
export function tellLeft(command: string, left: readonly LeftProcess[]): string {
  const shown = command.length > 60 ? `${command.slice(0, 57)}...` : command;
  const processes = left.map((each) => `${each.command} (pid ${each.pid})`);
  return `'${shown}' left running: ${processes.join(', ')}`;
}
