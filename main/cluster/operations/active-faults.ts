import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { RunContext } from '../../context/run-context.ts';
import { faultNamed } from '../../faults/fault-named.ts';
import { type FaultEntry, faultId } from '../../ledger/fault-undo.ts';
import type { Node } from '../node.ts';

/** Seconds that injecting may take. */
const limit = 60;

export interface FaultsOptions {
  /** The cluster's six hex digits. */
  readonly cluster: string;
  /** Whether the node's machine was there before its cluster: else its faults are gone with that. */
  readonly isBorrowed: (node: Node) => boolean;
  /** Undoes an entry of the ledger, as `reap` does for a run that was killed. Throws ShakedownError. */
  readonly undo: (entry: FaultEntry) => Promise<void>;
  readonly ctx: Pick<RunContext, 'emit' | 'ledger'>;
}

interface Active {
  readonly node: Node;
  readonly entry: FaultEntry;
  /** `packets to port 2379 are dropped`. */
  readonly what: string;
}

/** What has been broken on the nodes of a cluster on purpose, and not healed yet. */
export class ActiveFaults {
  readonly #options: FaultsOptions;
  readonly #active = new Map<string, Active>();
  #count = 0;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /**
   * Injects a fault and gives its id, to heal it by; what was made of one that fails is taken back.
   * `params` have been checked by its schema.
   */
  async inject(node: Node, name: string, params: readonly unknown[], signal?: AbortSignal): Promise<string> {
    const { cluster, isBorrowed, ctx } = this.#options;
    const fault = faultNamed(name);
    if (fault === undefined) throw new ShakedownError({ message: `there is no fault '${name}'` });
    this.#count += 1;
    const id = faultId(cluster, this.#count);
    const { machine } = node;
    const goesWith = present({ goesWith: isBorrowed(node) ? undefined : cluster });
    const entry: FaultEntry = { kind: 'fault', id, machine, fault: name, params, ...goesWith };
    const what = fault.describe(params);
    await ctx.ledger.record(entry);
    this.#active.set(id, { node, entry, what });
    try {
      await withTimeLimit({ what: `'${name}'`, seconds: limit, signal }, (within) =>
        fault.inject(node, params, { name: id, signal: within }),
      );
    } catch (error) {
      await this.#undo(id).catch((left) => this.#tellLeft(id, left));
      throw error;
    }
    this.#tell(node, what);
    return id;
  }

  /**
   * Heals it; one that has been healed is left as it is. Throws ShakedownError,
   * and the fault is then still there.
   */
  async heal(id: string): Promise<void> {
    const active = this.#active.get(id);
    if (active === undefined) return;
    await this.#undo(id);
    this.#tell(active.node, `no longer: ${active.what}`);
  }

  /**
   * Heals all that is left, the last first on each node. What fails is told, and
   * stays in the ledger for `reap`.
   */
  async healAll(): Promise<void> {
    const byNode = Map.groupBy([...this.#active].reverse(), ([, { node }]) => node);
    const heal = async (all: readonly [string, Active][]) => {
      for (const [id] of all) await this.heal(id).catch((left) => this.#tellLeft(id, left));
    };
    await Promise.all([...byNode.values()].map(heal));
  }

  async #undo(id: string): Promise<void> {
    const active = this.#active.get(id);
    if (active === undefined) return;
    await this.#options.undo(active.entry);
    this.#active.delete(id);
  }

  #tellLeft(id: string, error: unknown): void {
    const active = this.#active.get(id);
    if (active === undefined) return;
    const why = asShakedownError(error).message;
    this.#tell(active.node, `not healed (${active.what}): ${why}`);
  }

  #tell({ id: node }: Node, message: string): void {
    this.#options.ctx.emit({ type: 'note', message, node });
  }
}
