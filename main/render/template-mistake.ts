import { UsageError } from '../../common/errors.ts';

/** One mistake in the node files. */
export interface TemplateMistake {
  /** With the folder's label before it: `node_files/etcd.conf.tmpl`. */
  readonly file: string;
  /** From 1; absent where the mistake is about the whole file or its name. */
  readonly line?: number;
  readonly column?: number;
  /** The expression or statement, as written. */
  readonly expression?: string;
  readonly message: string;
  /** The node that it was rendered for; absent for mistakes that do not depend on the node. */
  readonly node?: number;
}

/** All mistakes in the node files together: exit code 2, and nothing was sent anywhere. */
export class TemplateError extends UsageError {
  readonly mistakes: readonly TemplateMistake[];

  constructor(mistakes: readonly TemplateMistake[]) {
    const lines = describe(mistakes);
    const count = lines.length === 1 ? '1 mistake' : `${lines.length} mistakes`;
    super(`${count} in the node files; nothing was sent anywhere:\n${lines.join('\n')}`, {
      hint: "mend the node files; 'shakedown render' shows what would be sent and touches no machine",
    });
    this.name = 'TemplateError';
    this.mistakes = mistakes;
  }
}

/** One paragraph for each mistake, the same one on several nodes told once. */
function describe(mistakes: readonly TemplateMistake[]): string[] {
  const nodesOf = new Map<string, number[]>();
  for (const mistake of mistakes) {
    const { file, line, column, expression, message, node } = mistake;
    const place = line === undefined ? printable(file) : `${printable(file)}:${line}:${column ?? 1}`;
    const shown = expression === undefined ? '' : `\n      ${shorten(expression)}`;
    const text = `  ${place}: ${message}\0${shown}`;
    const nodes = nodesOf.get(text) ?? [];
    nodesOf.set(text, node === undefined ? nodes : [...nodes, node]);
  }
  return [...nodesOf].map(([text, nodes]) => text.replace('\0', nodeList(nodes)));
}

function nodeList(nodes: readonly number[]): string {
  if (nodes.length === 0) return '';
  return nodes.length === 1 ? ` (node ${nodes[0]})` : ` (nodes ${nodes.join(', ')})`;
}

const shorten = (expression: string): string => {
  const [first = '', ...rest] = expression.trim().split('\n');
  return rest.length > 0 ? `${first.trimEnd()} …` : first;
};

/** A path on one line, whatever characters it has. */
export const printable = (path: string): string =>
  /[\x00-\x1f\x7f]/.test(path) ? JSON.stringify(path) : path;
