import { join } from 'node:path';
import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { type MachineAct, starts } from '../../../common/machine-acts.ts';
import { present } from '../../../common/present.ts';
import type { RunContext } from '../../context/run-context.ts';
import { mustBeAble, type Owner } from '../../providers/machine-acts.ts';
import type { Remote } from '../../remotes/remote.ts';
import type { Node } from '../node.ts';
import { serviceSpec } from '../service-spec.ts';
import { actOnMachine } from './act-on-machine.ts';
import { keepEvidence } from './keep-evidence.ts';
import type { PowerOptions } from './power-options.ts';

/** Who asks: a check by its name, or the run itself; what is done ends with the signal of `ctx`. */
interface Asker {
  readonly ctx: RunContext;
  readonly by?: string | undefined;
}

/**
 * Restarts, cuts off and takes back one node's machine, one act at a time,
 * and mends the run's connection to it.
 */
export class NodeActs {
  readonly #node: Node;
  readonly #owner: Owner;
  readonly #options: PowerOptions;
  /** Settled when nothing is under way; never rejects. */
  #underway: Promise<unknown> = Promise.resolve();
  /** Why the node cannot be used, when it cannot. */
  #down: ShakedownError | undefined;
  /** Its power was cut, on purpose. */
  #off = false;
  #count = 0;

  constructor(node: Node, options: PowerOptions) {
    this.#node = node;
    this.#options = options;
    const { cluster, provider } = options;
    this.#owner = { provider, which: { cluster, machine: node.machine.id } };
  }

  async act(what: MachineAct, asker: Asker): Promise<void> {
    const taken = this.#underway.then(async () => {
      await mustBeAble(this.#owner, what, this.#options.kinds);
      await this.#take(what, asker);
    });
    this.#underway = taken.catch(() => undefined);
    await taken;
  }

  /** Why it cannot be used, once nothing is under way with it. */
  async whyDown(): Promise<ShakedownError | undefined> {
    await this.#underway;
    return this.#down;
  }

  async #take(what: MachineAct, asker: Asker): Promise<void> {
    const { record, startedAt } = this.#options;
    const { id, machine } = this.#node;
    const { ctx, by } = asker;
    if (this.#isSoAlready(what)) return;
    const begun = ctx.clock();
    let message: string | undefined;
    try {
      await this.#carryOut(what, asker);
    } catch (error) {
      const failure = asShakedownError(error, { node: id, address: machine.address });
      message = failure.message;
      throw failure;
    } finally {
      record({
        node: id,
        ...what,
        startMs: begun - startedAt,
        durationMs: ctx.clock() - begun,
        verdict: message === undefined ? 'pass' : 'error',
        ...present({ by, message }),
      });
    }
  }

  #isSoAlready({ act }: MachineAct): boolean {
    if (act === 'powerOff') return this.#off;
    return act === 'powerOn' && this.#usable;
  }

  get #usable(): boolean {
    return this.#down === undefined && !this.#node.lost.aborted;
  }

  async #carryOut(what: MachineAct, { ctx, by }: Asker): Promise<void> {
    if (this.#off && this.#down && what.act === 'reboot') throw this.#down;
    if (this.#usable) await this.#keepEvidence(what, ctx);
    await (what.act === 'snapshot' ? this.#onMachine(what, ctx) : this.#goDown(what, ctx));
    if (what.act === 'powerOff') [this.#off, this.#down] = [true, isOff(this.#node, by)];
    if (starts(what)) [this.#off, this.#down] = [false, undefined];
  }

  async #keepEvidence(what: MachineAct, ctx: RunContext): Promise<void> {
    const { directoryOf, startedAt: sinceMs } = this.#options;
    this.#count += 1;
    const directory = join(directoryOf(this.#node.id), 'before', `${this.#count}-${what.act}`);
    await keepEvidence(this.#node, what, { directory, sinceMs }, ctx);
  }

  /** Ends the connection, and where the machine is started makes another one. */
  async #goDown(what: MachineAct, ctx: RunContext): Promise<void> {
    const node = this.#node;
    const { remote, agent, config } = node;
    let gone = false;
    const end = () => {
      gone = true;
      // What still waits for an answer of the machine that was need not wait for a time limit.
      void Promise.allSettled([remote, agent].map((each) => each[Symbol.asyncDispose]()));
    };
    node.expectEnd(true);
    try {
      const again = await this.#onMachine(what, ctx, { done: end, ...(this.#usable ? { remote } : {}) });
      const services = config.services.map((service) => serviceSpec(service, this.#options.timeouts));
      if (again) await node.resumeOver(again, services, ctx);
    } catch (error) {
      // Broken off, nobody knows what it is now; `bringBack` finds out.
      if (gone || ctx.signal.aborted) this.#down = asShakedownError(error);
      if (!ctx.signal.aborted) node.expectEnd(false);
      throw error;
    }
  }

  #onMachine(what: MachineAct, { signal, log }: RunContext, more: ActMore = {}): Promise<Remote | undefined> {
    const { kinds, connect, timeouts } = this.#options;
    const options = { signal, log, kinds, connect, timeout: timeouts.boot, ...more };
    return actOnMachine(this.#node.machine, this.#owner, what, options);
  }
}

type ActMore = Pick<Parameters<typeof actOnMachine>[3], 'done' | 'remote'>;

const isOff = ({ id, machine: { address } }: Node, by: string | undefined): ShakedownError =>
  new ShakedownError({
    message: by === undefined ? 'it was switched off' : `it is off: the check '${by}' switched it off`,
    verdict: 'fail',
    node: id,
    address,
    hint: 'switch it on again: await node.powerOn()',
  });
