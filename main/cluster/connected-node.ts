import type { ServiceSpec } from '../../common/ready.ts';
import type { Agent } from '../agent/agent.ts';
import type { RunContext } from '../context/run-context.ts';
import type { Remote } from '../remotes/remote.ts';
import type { Node, PlannedNode } from './node.ts';

/** Puts the agent on the node at the other end of a connection. */
export type StartAgent = (remote: Remote, ctx: RunContext) => Promise<Agent>;

/** A node with the connection and the agent of this moment: a restart gives it others. */
export class ConnectedNode implements Node {
  readonly id: number;
  readonly machine: PlannedNode['machine'];
  readonly config: PlannedNode['config'];
  readonly tree: PlannedNode['tree'];
  readonly #startAgent: StartAgent;
  #remote: Remote;
  #agent: Agent;
  #lost = new AbortController();
  #endIsExpected = false;

  private constructor(planned: PlannedNode, startAgent: StartAgent, remote: Remote, agent: Agent) {
    this.id = planned.id;
    this.machine = planned.machine;
    this.config = planned.config;
    this.tree = planned.tree;
    this.#startAgent = startAgent;
    this.#remote = remote;
    this.#agent = agent;
    this.#watch();
  }

  /** The node at the other end of `remote`, with an agent; the connection is closed on a throw. */
  static async over(
    remote: Remote,
    planned: PlannedNode,
    startAgent: StartAgent,
    ctx: RunContext,
  ): Promise<ConnectedNode> {
    const agent = await orClose(remote, () => startAgent(remote, ctx));
    return new ConnectedNode(planned, startAgent, remote, agent);
  }

  get remote(): Remote {
    return this.#remote;
  }

  get agent(): Agent {
    return this.#agent;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get endIsExpected(): boolean {
    return this.#endIsExpected;
  }

  expectEnd(expected: boolean): void {
    this.#endIsExpected = expected;
    if (!expected) this.#note(this.#remote);
  }

  async resumeOver(remote: Remote, services: readonly ServiceSpec[], ctx: RunContext): Promise<void> {
    const { workingDir } = this.config;
    this.#agent = await orClose(remote, async () => {
      const agent = await this.#startAgent(remote, ctx);
      await agent.call('resume', { services, workingDir }, { signal: ctx.signal, timeout: 60 });
      return agent;
    });
    this.#remote = remote;
    this.#endIsExpected = false;
    if (this.#lost.signal.aborted) this.#lost = new AbortController();
    this.#watch();
  }

  #watch(): void {
    const remote = this.#remote;
    remote.lost.addEventListener('abort', () => this.#note(remote), { once: true });
    this.#note(remote);
  }

  #note(remote: Remote): void {
    if (remote === this.#remote && remote.lost.aborted && !this.#endIsExpected) {
      this.#lost.abort(remote.lost.reason);
    }
  }
}

async function orClose<T>(remote: Remote, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await remote[Symbol.asyncDispose]();
    throw error;
  }
}
