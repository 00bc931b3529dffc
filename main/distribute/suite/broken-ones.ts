import type { Judgement } from '../hand-out/judgement.ts';

/** What was found out of a node. */
export interface BrokenNode {
  readonly node: number;
  readonly message: string;
}

/** Runners and nodes that failed what passed elsewhere. */
export class BrokenOnes {
  /** Those of broken nodes among them. */
  readonly runners: string[] = [];
  readonly nodes: BrokenNode[] = [];

  /** Gives what is to be told of it at once. */
  add({ of, runners, files }: Extract<Judgement, { kind: 'broken' }>): string {
    const why = `is broken: it failed ${files.length} files running that pass elsewhere (${some(files)}); it runs no more`;
    this.runners.push(...runners.filter((runner) => !this.runners.includes(runner)));
    if ('runner' in of) return `runner ${of.runner} ${why}`;
    this.nodes.push({ node: of.node, message: `it ${why}` });
    return `node ${of.node} ${why}`;
  }
}

/** What is told of one that may be broken. */
export function doubtInWords({ of, files }: Extract<Judgement, { kind: 'doubted' }>): string {
  const who = 'runner' in of ? `runner ${of.runner}` : `node ${of.node}`;
  return `${who} may be broken, for the last ${files.length} files that it had have failed (${some(files)}): ${files[0]} is run elsewhere, and the others, too, if that passes there`;
}

const some = (files: readonly string[]): string =>
  `${files.slice(0, 3).join(', ')}${files.length > 3 ? ', …' : ''}`;
