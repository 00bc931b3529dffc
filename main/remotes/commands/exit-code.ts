import { constants } from 'node:os';
import type { CommandResult } from '../../../common/results.ts';

/** As a shell gives it: 128 and the signal's number for a command that a signal ended. */
export function exitCodeOf({ exitCode, signal }: Pick<CommandResult, 'exitCode' | 'signal'>): number {
  if (exitCode !== null) return exitCode;
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return number === undefined ? 255 : 128 + number;
}
