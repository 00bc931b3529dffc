import { UsageError } from '../../../common/errors.ts';
import { closest } from '../../../common/text/closest.ts';
import { commands } from '../registry.ts';

/** What cac says of a command line that it cannot take, in our words and with what was likely meant. */
export function parseMistake(message: string, name = ''): UsageError {
  const command = commands.find((each) => each.name === name);
  const help = command ? `shakedown ${name} --help` : 'shakedown --help';
  const [, camel] = /^Unknown option `(.+)`$/.exec(message) ?? [];
  const unknown = camel?.replace(/(?<=.\w)[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (unknown !== undefined) {
    if (/^-\d/.test(unknown)) {
      return new UsageError(`There is no option '${unknown}'.`, {
        hint: `write --FLAG=${unknown}, if it is a flag's value`,
      });
    }
    const known = (command?.options ?? []).flatMap(([flags]) => flags.match(/--?[a-z][a-z-]*/g) ?? []);
    // Any letter is near to any other one.
    const near = unknown.length === 2 ? closest(unknown, known, 0) : closest(unknown, known);
    const meant = near ? ` Did you mean '${near}'?` : '';
    return new UsageError(`There is no option '${unknown}'.${meant}`, { hint: help });
  }
  const [, flag] = /^option `(.+)` value is missing$/.exec(message) ?? [];
  if (flag !== undefined) return new UsageError(`A value is missing: ${flag}.`, { hint: help });
  const [, usage] = /^missing required args for command `(.+)`$/.exec(message) ?? [];
  if (usage !== undefined)
    return new UsageError(`An argument is missing: shakedown ${usage}.`, { hint: help });
  const [, many] = /^Unused args: (.+)$/.exec(message) ?? [];
  if (many !== undefined)
    return new UsageError(`There is no place for ${many.replaceAll('`', "'")}.`, { hint: help });
  return new UsageError(message, { hint: help });
}
