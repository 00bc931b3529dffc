import type { Judgement } from '../hand-out/judgement.ts';
import { someOf } from './in-words.ts';

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
    const why = `is broken: it failed ${files.length} files running that pass elsewhere (${someOf(files)}); it runs no more`;
    this.runners.push(...runners.filter((runner) => !this.runners.includes(runner)));
    if ('runner' in of) return `runner ${of.runner} ${why}`;
    this.nodes.push({ node: of.node, message: `it ${why}` });
    return `node ${of.node} ${why}`;
  }
}
