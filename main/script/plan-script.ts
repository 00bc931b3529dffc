import { accessSync, constants, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { type Cell, machineCells } from './cells/machine-cells.ts';
import type { MachineTask } from './machine/machine-task.ts';
import { readScript } from './read-script.ts';
import type { ScriptMachine, ScriptOptions } from './script-options.ts';

/** All that is known before there is a machine. */
export interface ScriptPlan {
  /** As the script's file is called. */
  readonly name: string;
  readonly task: Omit<MachineTask, 'stays' | 'connectWithin'>;
  readonly keep: 'never' | 'on-failure' | 'always';
  /** Where files go; absolute; the run's own folder without it. */
  readonly out: string | undefined;
}

/** Days in seconds: Node's timers end at 2^31 ms. */
export const longestRun = 20 * 86_400;

/**
 * Reads what is asked, and finds every mistake that can be found before
 * there is a machine. Throws UsageError.
 */
export function planScript(options: ScriptOptions, directory: string): ScriptPlan {
  const { args = [], env = {}, get = [], root = true, tty = false, keep = 'never', timeout } = options;
  const script = readScript(options.script, directory);
  if (timeout !== undefined && !(timeout > 0 && timeout <= longestRun)) {
    throw new UsageError(
      `timeout: expected seconds, more than 0 and at most ${longestRun}; found ${timeout}.`,
    );
  }
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new UsageError(`'${name}' is no name of an environment variable.`);
    if (value.includes('\0')) throw new UsageError(`env ${name}: no variable can hold a NUL character.`);
  }
  if (args.some((arg) => arg.includes('\0'))) throw new UsageError('No argument can hold a NUL character.');
  if (get.includes('')) throw new UsageError('get: expected a path or a pattern; found nothing.');
  const folder = options.with === undefined ? undefined : folderAt(resolve(directory, options.with));
  const inside = folder === undefined || script.file === undefined ? undefined : below(folder, script.file);
  const parcel = {
    ...{ script, args, env, tty: tty !== false },
    ...(folder === undefined ? {} : { with: folder }),
    ...(inside === undefined ? {} : { inside }),
  };
  if (options.key !== undefined) readableKey(resolve(directory, options.key));
  const out = options.out === undefined ? undefined : resolve(directory, options.out);
  if (out !== undefined && statSync(out, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new UsageError(`${out} is no folder, so no files can go there.`);
  }
  return {
    name: script.name,
    task: { parcel, get, root, timeout, tty },
    keep,
    out,
  };
}

/** Throws UsageError. */
function readableKey(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === 'ENOENT' ? `There is no key ${path}.` : `The key ${path} cannot be read: ${code}.`,
    );
  }
}

function folderAt(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`There is no folder ${path} to take along.`);
  if (!stats.isDirectory()) throw new UsageError(`${path} is no folder; only folders can be taken along.`);
  return path;
}

function below(folder: string, file: string): string | undefined {
  const path = relative(folder, file);
  return /^\.\.(\/|$)/.test(path) ? undefined : path;
}

/**
 * The machines that are wanted; one without anything said. `choose` names
 * what works here, for those of any kind.
 */
export async function cellsOf(
  wanted: readonly ScriptMachine[],
  directory: string,
  choose: () => Promise<string>,
): Promise<readonly Cell[]> {
  machineCells(wanted, undefined, directory);
  const open = wanted.some(({ provider = 'auto' }) => provider === 'auto');
  return machineCells(wanted, open ? await choose() : undefined, directory);
}
