import type { Agent, AgentListener } from '../agent.ts';
import type { OwnFile, Sending } from '../put-in-cache.ts';
import { fetchFromNode } from './fetch-from-node.ts';
import { type Fetched, Relay } from './relay.ts';

/** A node that has a runtime, and whose agent hands it on. */
interface Holder {
  readonly address: string;
  readonly agent: Pick<Agent, 'call'>;
  readonly gone: AbortSignal;
}

/** A runtime that a node lacks. */
export interface Wanted {
  readonly file: OwnFile;
  /** Its path on the node. */
  readonly target: string;
  readonly sending: Sending;
  /** Sends it from the main host. */
  readonly fromHere: () => Promise<void>;
}

/** What is known of a node that is to have an agent. */
export interface NewcomerOptions {
  /** Where other nodes reach it; without it, none of them fetches anything there. */
  readonly address?: string;
  readonly listener: Pick<AgentListener, 'progress'>;
}

/** How the nodes of one run hand the agent's runtime on to one another: one relay for each architecture. */
export class HandOn {
  readonly #relays = new Map<string, Relay<Holder>>();

  newcomer(options: NewcomerOptions): Newcomer {
    return new Newcomer((architecture) => this.#relay(architecture), options);
  }

  #relay(architecture: string): Relay<Holder> {
    const relay = this.#relays.get(architecture) ?? new Relay<Holder>();
    this.#relays.set(architecture, relay);
    return relay;
  }
}

/** A node on its way to an agent, among others of its run. Once it is disposed of, nobody waits for it. */
export class Newcomer implements Disposable {
  readonly #relay: (architecture: string) => Relay<Holder>;
  readonly #options: NewcomerOptions;
  #awaited: Relay<Holder> | undefined;

  constructor(relay: (architecture: string) => Relay<Holder>, options: NewcomerOptions) {
    this.#relay = relay;
    this.#options = options;
  }

  /** Brings a runtime to it, from the main host or from a node that has it. Throws ShakedownError. */
  async bring(architecture: string, wanted: Wanted): Promise<void> {
    this.#awaited = this.#relay(architecture);
    const ways = { send: wanted.fromHere, fetch: (holder: Holder) => this.#fetch(holder, wanted) };
    await this.#awaited.bring(this, ways, wanted.sending.signal);
  }

  /** From now on its agent hands its own runtime on. */
  holds(agent: Pick<Agent, 'info' | 'ended' | 'call'>): void {
    const { address } = this.#options;
    if (address === undefined) return;
    this.#relay(agent.info.arch).hold(this, { address, agent, gone: agent.ended });
  }

  async #fetch({ address, agent, gone }: Holder, { file, target, sending }: Wanted): Promise<Fetched> {
    const { remote, log } = sending;
    const signal = AbortSignal.any([gone, ...(sending.signal ? [sending.signal] : [])]);
    let fetched: Fetched;
    try {
      const offer = await agent.call('handOn', {}, { signal }).catch(() => undefined);
      fetched = offer
        ? await fetchFromNode(file, target, { address, ...offer }, { ...sending, signal })
        : 'unreached';
    } catch (error) {
      sending.signal?.throwIfAborted();
      if (!gone.aborted || remote.lost.aborted) throw error;
      fetched = 'broken';
    }
    if (fetched !== 'there')
      log(`the runtime was not fetched from ${address}, ${why[fetched]}: the main host sends it`);
    if (fetched === 'wrong')
      this.#options.listener.progress(
        `${address} gave other bytes than the runtime's, of which none was used`,
      );
    return fetched;
  }

  [Symbol.dispose](): void {
    this.#awaited?.leave(this);
  }
}

const why: Readonly<Record<Exclude<Fetched, 'there'>, string>> = {
  unreached: 'which could not be reached from here',
  broken: 'from which too little came',
  wrong: 'which gave other bytes',
};
