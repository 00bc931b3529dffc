import type { CommandResult } from '../../common/results.ts';
import type { ServiceStatus } from '../../common/service-status.ts';
import type {
  ClusterUnderTest,
  MethodOf,
  NodeUnderTest,
  Scope,
  Targets,
} from '../../main/cluster/cluster-under-test.ts';
import type { Asked, ParamsOf, ResultOf } from '../../main/cluster/method.ts';
import type { ClusterMethods } from '../../main/cluster/methods.ts';
import type { ExecOptions } from '../../main/cluster/operations/commands.ts';
import { ConnectionLostError } from '../../main/remotes/connection-errors.ts';

/** What a command comes to; what is left out is empty and exit 0. */
export type Answer = Partial<Pick<CommandResult, 'exitCode' | 'signal' | 'stdout' | 'stderr'>>;

/** Gives the answer to a command, or waits, or throws. `undefined`: echo it. */
export type Shell = (
  command: string,
  options: ExecOptions & Asked,
  node: number | undefined,
) => Answer | undefined | Promise<Answer | undefined>;

/** A node in memory, with files and services, whose connection can be cut. */
export class FakeNode implements NodeUnderTest {
  readonly id: number;
  readonly name: string;
  readonly role: string;
  readonly address: string;
  readonly files = new Map<string, string>();
  readonly states = new Map<string, ServiceStatus['state']>([['etcd', 'ready']]);
  readonly #connection = new AbortController();
  readonly #shell: Shell;

  constructor(id: number, shell: Shell, address: string) {
    this.id = id;
    this.name = `node${id}`;
    this.role = id === 0 ? 'leader' : 'follower';
    this.address = address;
    this.#shell = shell;
  }

  get lost(): AbortSignal {
    return this.#connection.signal;
  }

  /** Cuts the connection: all that is under way throws. */
  lose(message = 'the connection was lost'): void {
    this.#connection.abort(new ConnectionLostError({ message, node: this.id, address: this.address }));
  }

  /** What was done to its machine: `reboot by a check`. */
  readonly acts: string[] = [];

  /** Its operations, by their names in ClusterMethods. */
  readonly operations = {
    exec: (asked: Asked, command: string, options: ExecOptions = {}) =>
      this.#connected(async () =>
        result(command, await this.#shell(command, { ...options, ...asked }, this.id)),
      ),
    readFile: (_: Asked, path: string) =>
      this.#connected(async () => {
        const content = this.files.get(path);
        if (content === undefined) throw new Error(`cannot read '${path}': No such file or directory`);
        return content;
      }),
    put: (_: Asked, _from: string, to: string) => this.#connected(async () => to),
    get: (_: Asked, _from: string, to: string) => this.#connected(async () => ({ path: to, problems: [] })),
    endpoint: (_: Asked, port: number) => this.#connected(async () => `${this.address}:${port}`),
    reboot: ({ by }: Asked) => this.#act('reboot', by),
    powerOff: () => this.#fail('machines of kind fake cannot be switched off and on'),
    powerOn: ({ by }: Asked) => this.#act('power on', by),
    snapshot: ({ by }: Asked, name: string) => this.#act(`snapshot '${name}'`, by),
    restore: ({ by }: Asked, name: string) => this.#act(`restore '${name}'`, by),
  };

  /** Those of a service of that name. */
  service(name: string) {
    return {
      start: () => this.#change(name, 'ready'),
      stop: () => this.#change(name, 'stopped'),
      kill: (_: Asked, signal = 'KILL') => this.#change(name, signal === 'KILL' ? 'died' : 'ready'),
      status: () => this.#change(name),
    };
  }

  #act(what: string, by = 'nobody'): Promise<void> {
    return this.#connected(async () => void this.acts.push(`${what} by ${by}`));
  }

  #fail(message: string): Promise<never> {
    return this.#connected(() => Promise.reject(new Error(message)));
  }

  #change(name: string, state = this.states.get(name)): Promise<ServiceStatus> {
    return this.#connected(async () => {
      if (!this.states.has(name) || state === undefined) throw new Error(`there is no service '${name}'`);
      this.states.set(name, state);
      return this.#status(name);
    });
  }

  #status(name: string): ServiceStatus {
    return { name, state: this.states.get(name) ?? 'stopped', lastLines: [] };
  }

  async #connected<T>(call: () => Promise<T>): Promise<T> {
    this.lost.throwIfAborted();
    const cut = new Promise<never>((_, reject) =>
      this.lost.addEventListener('abort', () => reject(this.lost.reason), { once: true }),
    );
    return Promise.race([call(), cut]);
  }
}

/** A cluster in memory: by default each command echoes itself. */
export class FakeCluster implements ClusterUnderTest {
  readonly nodes: readonly FakeNode[];
  readonly #shell: Shell;

  constructor({
    count = 3,
    shell = () => undefined,
    address = (id: number) => `10.0.0.${10 + id}`,
  }: { count?: number; shell?: Shell; address?: (id: number) => string } = {}) {
    this.#shell = shell;
    this.nodes = Array.from({ length: count }, (_, id) => new FakeNode(id, shell, address(id)));
  }

  node(id: number): FakeNode {
    const found = this.nodes[id];
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  async ask<S extends Scope, M extends MethodOf<S>>(
    scope: S,
    method: M,
    on: Targets[S],
    params: ParamsOf<ClusterMethods[S][M]>,
    asked: Asked = {},
  ): Promise<ResultOf<ClusterMethods[S][M]>> {
    const rows = this.#rows(on) as Record<string, (asked: Asked, ...params: unknown[]) => Promise<never>>;
    const row = rows[method];
    if (row === undefined) throw new Error(`no '${scope}.${method}' in this fake`);
    return row(asked, ...params);
  }

  #rows(on: { readonly node?: number; readonly service?: string }): object {
    if (on.node !== undefined) {
      const node = this.node(on.node);
      return on.service === undefined ? node.operations : node.service(on.service);
    }
    return {
      exec: async (asked: Asked, command: string, options: ExecOptions = {}) =>
        result(command, await this.#shell(command, { ...options, ...asked }, undefined)),
    };
  }
}

function result(command: string, answer: Answer = { stdout: `${command}\n` }): CommandResult {
  return { command, exitCode: 0, signal: null, stdout: '', stderr: '', durationMs: 1, ...answer };
}
