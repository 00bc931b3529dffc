import { fold } from '../../../common/text/fold.ts';
import type { CommandEntry } from '../command.ts';

/** A part of the help as cac writes it. */
interface Section {
  readonly title?: string;
  readonly body: string;
}

/**
 * cac's help so that a person can read it: with what the command is for, without a list of all commands'
 * `--help`, and without words that the terminal breaks. `width` is the terminal's; undefined where the help
 * goes elsewhere: there each line stays whole.
 */
export function arranged(
  sections: readonly Section[],
  command: CommandEntry | undefined,
  width = Number.POSITIVE_INFINITY,
): Section[] {
  const told = sections.filter(({ title }) => !title?.startsWith('For more info'));
  if (command) told.splice(1, 0, { body: `${command.description}.` });
  else told.push({ body: "'shakedown COMMAND --help' tells a command's options, with examples." });
  return told.map(({ body, ...section }) => ({
    ...section,
    body: body
      .split('\n')
      .flatMap((line) => folded(line.trimEnd().replace(/(?<=^ +--no-.*) \(default: true\)$/, ''), width))
      .join('\n'),
  }));
}

/** `  name  what it is`: what it is stays beside the name, or below it where there would be little room. */
function folded(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const [, name = '', text = line] = /^(\s+\S.*?\s{2,})(\S.*)$/.exec(line) ?? [];
  const beside = name.length <= width / 2;
  const indent = beside ? name.length : 6;
  const lines = fold(text.split(' '), width - indent).map((each) => ' '.repeat(indent) + each);
  if (!beside) return [name.trimEnd(), ...lines];
  return lines.map((each, index) => (index === 0 ? name + each.slice(indent) : each));
}
