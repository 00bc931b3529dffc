import { actInWords, type MachineAct } from '../../common/machine-acts.ts';
import type { ServiceStatus } from '../../common/protocol.ts';
import type { CommandResult } from '../../common/results.ts';
import type { CheckExecOptions, ClusterUnderTest, NodeUnderTest } from '../../main/checks/check.ts';
import { ConnectionLostError } from '../../main/remotes/connection-errors.ts';

/** What a command comes to; what is left out is empty and exit 0. */
export type Answer = Partial<Pick<CommandResult, 'exitCode' | 'signal' | 'stdout' | 'stderr'>>;

/** Gives the answer to a command, or waits, or throws. `undefined`: echo it. */
export type Shell = (
  command: string,
  options: CheckExecOptions,
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

  exec(command: string, options: CheckExecOptions = {}): Promise<CommandResult> {
    return this.#connected(async () => result(command, await this.#shell(command, options, this.id)));
  }

  readFile(path: string): Promise<string> {
    return this.#connected(async () => {
      const content = this.files.get(path);
      if (content === undefined) throw new Error(`cannot read '${path}': No such file or directory`);
      return content;
    });
  }

  endpoint(port: number): Promise<string> {
    return this.#connected(async () => `${this.address}:${port}`);
  }

  services(): Promise<readonly ServiceStatus[]> {
    return this.#connected(async () => [...this.states.keys()].map((name) => this.#status(name)));
  }

  startService(name: string): Promise<ServiceStatus> {
    return this.#change(name, 'ready');
  }

  stopService(name: string): Promise<ServiceStatus> {
    return this.#change(name, 'stopped');
  }

  killService(name: string, signal = 'KILL'): Promise<ServiceStatus> {
    return this.#change(name, signal === 'KILL' ? 'died' : 'ready');
  }

  /** What was done to its machine: `reboot by a check`. */
  readonly acts: string[] = [];

  act(what: MachineAct, by = 'nobody'): Promise<void> {
    return this.#connected(async () => {
      if (what.act === 'powerOff') throw new Error('machines of kind fake cannot be switched off and on');
      this.acts.push(`${actInWords(what)} by ${by}`);
    });
  }

  #change(name: string, state: ServiceStatus['state']): Promise<ServiceStatus> {
    return this.#connected(async () => {
      if (!this.states.has(name)) throw new Error(`node ${this.id} has no service '${name}'`);
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

  async execOnMain(command: string, options: CheckExecOptions = {}): Promise<CommandResult> {
    return result(command, await this.#shell(command, options, undefined));
  }
}

function result(command: string, answer: Answer = { stdout: `${command}\n` }): CommandResult {
  return { command, exitCode: 0, signal: null, stdout: '', stderr: '', durationMs: 1, ...answer };
}
