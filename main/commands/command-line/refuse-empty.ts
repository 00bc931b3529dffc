import { UsageError } from '../../../common/errors.ts';
import type { CommandEntry } from '../command.ts';

/**
 * Refuses empty words, as a variable that is not set leaves them (`run "$DIR" --nodes "$NODES"`): they would
 * mean the current folder, or all. What a script or a command gets as its own arguments may be empty.
 * Throws UsageError.
 */
export function refuseEmpty(
  { name, args: form, options: known }: CommandEntry,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): void {
  const hint = 'leave it out, or see whether a variable is not set';
  const own = form.match(/[<[](?!\.\.\.)/g)?.length ?? 0;
  if (args.slice(0, own).includes('')) {
    throw new UsageError(`An argument is empty: shakedown ${name} ${form}.`, { hint });
  }
  for (const [flags] of known) {
    const key = /--([a-z-]+)/.exec(flags)?.[1]?.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
    const empty = [options[key ?? '']].flat().includes('');
    if (empty) throw new UsageError(`The value is empty: ${flags}.`, { hint });
  }
}
