import type { AgentInfo, AgentMethods, ServiceDied } from '../../common/protocol.ts';

/** The agent on one node, reached over its own channel of the node's one connection. Calls may run side by side. */
export interface Agent extends AsyncDisposable {
  readonly info: AgentInfo;
  /**
   * Calls a method. A failure on the node is thrown as ShakedownError with what the agent knows (command, exit code,
   * last lines); a lost connection as ConnectionLostError. An aborted `signal` cancels the call on the node too.
   */
  call<M extends keyof AgentMethods>(
    method: M,
    params: AgentMethods[M]['params'],
    options?: { readonly signal?: AbortSignal; readonly timeout?: number },
  ): Promise<AgentMethods[M]['result']>;
  /** Calls back for each service that ends unasked, also for those that ended before this was called. */
  onServiceDied(listener: (died: ServiceDied) => void): void;
}

/** Where the agent's lines go. */
export interface AgentListener {
  readonly log: (message: string) => void;
  readonly progress: (message: string) => void;
}
