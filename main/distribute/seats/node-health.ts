import type { Agent } from '../../agent/agent.ts';

/** Seconds for a disk to take a few bytes: one that takes longer serves no test. */
const within = 60;

/**
 * Whether a node still has what all tests need of it: room to write in, on disks that can be written to. A
 * node that had it and lost it fails its tests, whichever they are.
 */
export class NodeHealth {
  readonly #agent: Agent;
  /** Where one could write at the beginning. */
  readonly #folders: readonly string[];
  #trouble: string | undefined;

  private constructor(agent: Agent, folders: readonly string[]) {
    this.#agent = agent;
    this.#folders = folders;
  }

  /** Of these folders, absolute, those count in which one can write now. */
  static async begin(agent: Agent, folders: readonly string[], signal: AbortSignal): Promise<NodeHealth> {
    const { refused } = await agent.call('tryWriting', { folders }, { signal });
    const bad = new Set(refused.map(({ folder }) => folder));
    return new NodeHealth(
      agent,
      folders.filter((folder) => !bad.has(folder)),
    );
  }

  /** What was found to be wrong with it; a sentence. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Looks what is wrong with the node; undefined where nothing is, or its agent is gone. Does not throw. */
  async look(signal: AbortSignal): Promise<string | undefined> {
    if (this.#trouble !== undefined || this.#folders.length === 0) return this.#trouble;
    const late = AbortSignal.timeout(within * 1000);
    try {
      const options = { signal: AbortSignal.any([signal, late]) };
      const { refused } = await this.#agent.call('tryWriting', { folders: this.#folders }, options);
      const first = refused.find(({ folder }) => this.#folders.includes(folder));
      if (first) this.#trouble ??= `nothing can be written to ${first.folder} any more: ${first.message}`;
    } catch {
      const [folder] = this.#folders;
      if (late.aborted && !signal.aborted && !this.#agent.ended.aborted)
        this.#trouble ??= `nothing could be written to ${folder} within ${within} s`;
    }
    return this.#trouble;
  }
}
