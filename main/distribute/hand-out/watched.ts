import { Suspect } from './suspect.ts';

/** What speaks against a runner, and against its node. */
export interface OfRunner {
  readonly own: Suspect;
  readonly node: Suspect;
}

/** The runners that are there, and their nodes: whoever may be found to be broken. */
export class Watched {
  readonly #nodes = new Map<number, Suspect>();
  readonly #runners = new Map<string, OfRunner>();

  join(runner: string, node: number): void {
    const ofNode = this.#nodes.get(node) ?? new Suspect({ node });
    this.#nodes.set(node, ofNode);
    const own = new Suspect({ runner });
    for (const each of [own, ofNode]) each.runners.add(runner);
    this.#runners.set(runner, { own, node: ofNode });
  }

  /** Gives those of whom nobody is there any more. */
  leave(runner: string): readonly Suspect[] {
    const its = this.of(runner);
    if (!its) return [];
    this.#runners.delete(runner);
    const { own, node } = its;
    for (const each of [own, node]) each.runners.delete(runner);
    if (node.runners.size > 0) return [own];
    if ('node' in node.accused) this.#nodes.delete(node.accused.node);
    return [own, node];
  }

  of(runner: string): OfRunner | undefined {
    return this.#runners.get(runner);
  }

  /** All runners of a runner's node. */
  neighbours(runner: string): readonly string[] {
    return [...(this.of(runner)?.node.runners ?? [])];
  }

  get runners(): readonly string[] {
    return [...this.#runners.keys()];
  }

  /** Whether somebody else is there who could pass what this one fails. */
  hasOther({ accused }: Suspect): boolean {
    return 'node' in accused ? this.#nodes.size > 1 : this.#runners.size > 1;
  }
}
