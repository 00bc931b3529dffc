/** One line that `vagrant --machine-readable` prints: time, target, type and data, with commas between. */
export interface VagrantLine {
  /** The machine that it is about; empty for none. */
  readonly target: string;
  /** `ui`, `state`, `provider-name`, `error-exit`, … */
  readonly type: string;
  readonly data: readonly string[];
}

/**
 * As developer.hashicorp.com/vagrant/docs/cli/machine-readable has it; undefined for a line of another kind.
 */
export function parseLine(line: string): VagrantLine | undefined {
  const [, target = '', type = '', data = ''] = /^\d+,([^,]*),([^,]+),?(.*)$/.exec(line) ?? [];
  if (type === '') return undefined;
  return { target, type, data: data.split(',').map(unescaped) };
}

const unescaped = (text: string): string =>
  text.replaceAll('%!(VAGRANT_COMMA)', ',').replaceAll('\\n', '\n').replaceAll('\\r', '');

/** The data of all lines of a type. */
export const linesOfType = (lines: readonly VagrantLine[], type: string): readonly VagrantLine[] =>
  lines.filter((line) => line.type === type);

/**
 * What a person reads of a line: without the machine's name at its beginning, which is told apart.
 * Empty for a line that says nothing to a person.
 */
export function words({ type, data, target }: VagrantLine): string {
  const [level = '', text = ''] = data;
  if (type !== 'ui' || level === 'error' || text.startsWith('Progress: ')) return '';
  return text
    .split('\n')
    .map((line) => withoutName(line, target))
    .filter((line) => line !== '')
    .join('\n');
}

function withoutName(line: string, target: string): string {
  const marks = [`==> ${target}:`, `    ${target}:`];
  const mark = marks.find((each) => line.startsWith(each)) ?? '';
  return line.slice(mark.length).trim();
}
