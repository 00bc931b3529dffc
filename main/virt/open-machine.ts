import { ShakedownError } from '../../common/errors.ts';
import type { Cluster, Machine } from '../providers/provider.ts';
import { awaitNextBoot } from '../remotes/next-boot.ts';
import type { Remote, TransferOptions } from '../remotes/remote.ts';
import { connectSsh } from '../remotes/ssh-remote.ts';
import { type Auxverb, makeAuxverb } from './auxverb.ts';
import { factsOf, waitUntilUp } from './boot.ts';
import type { MachineFacts } from './capabilities.ts';

export interface OpenOptions {
  /** Seconds until the machine answers, at the start and after a restart. */
  readonly timeout: number;
  /** A folder of this server's own, for the auxverb. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** A machine that answers, with a connection for us and a program for the caller. */
export class OpenMachine {
  readonly cluster: Cluster;
  readonly machine: Machine;
  readonly facts: MachineFacts;
  readonly #options: OpenOptions;
  #remote: Remote;
  #auxverb: Auxverb | undefined;

  private constructor(
    made: Pick<OpenMachine, 'cluster' | 'machine' | 'facts' | 'remote'>,
    options: OpenOptions,
  ) {
    this.cluster = made.cluster;
    this.machine = made.machine;
    this.facts = made.facts;
    this.#remote = made.remote;
    this.#options = options;
  }

  /** Waits until the cluster's first machine is up. Throws ShakedownError; the connection is closed then. */
  static async connect(cluster: Cluster, options: OpenOptions): Promise<OpenMachine> {
    const { signal, timeout } = options;
    const [machine] = cluster.machines;
    if (!machine) throw new ShakedownError({ message: `${cluster.provider} made no machine` });
    const remote = await connectSsh(machine.ssh, { signal, timeout });
    try {
      const { user } = machine.ssh;
      const facts = { ...(await factsOf(remote, signal)), ...(user === 'root' ? {} : { user }) };
      await waitUntilUp(remote, { signal, timeout, root: facts.root });
      return new OpenMachine({ cluster, machine, facts, remote }, options);
    } catch (error) {
      await remote[Symbol.asyncDispose]();
      throw error;
    }
  }

  get remote(): Remote {
    return this.#remote;
  }

  /** The program for the caller, made when it is first asked for and after each `reconnect`. */
  async auxverb(): Promise<Auxverb> {
    this.#auxverb ??= await makeAuxverb(this.machine.ssh, this.#options.directory);
    return this.#auxverb;
  }

  /** Before the machine stops, so that nobody waits for an answer of what it was. */
  async disconnect(): Promise<void> {
    const auxverb = this.#auxverb;
    this.#auxverb = undefined;
    await Promise.allSettled([auxverb?.[Symbol.asyncDispose](), this.#remote[Symbol.asyncDispose]()]);
  }

  /** Waits until it answers with another boot than this one. */
  async reconnect(boot: string): Promise<void> {
    const { signal, timeout } = this.#options;
    const connect = (left: number) => connectSsh(this.machine.ssh, { signal, timeout: left });
    await this.goOnOver(await awaitNextBoot(boot, connect, { signal, timeout }));
  }

  /** Goes on over a connection to the machine after a restart, once that is up. */
  async goOnOver(remote: Remote): Promise<void> {
    const { signal, timeout } = this.#options;
    this.#remote = remote;
    await waitUntilUp(remote, { signal, timeout, root: this.facts.root });
  }

  /** Makes the caller's folder, under that name if one is given, and gives its name. */
  async makeScratch(name?: string): Promise<string> {
    const command = name
      ? ['sh', '-ec', 'mkdir -p "$0"; chmod 1777 "$0"; echo "$0"', name]
      : 'set -e; made=$(mktemp -d /tmp/autopkgtest.XXXXXX); chmod 1777 $made; echo $made';
    const { stdout, stderr } = await this.#remote.exec(command, { ...this.rights(), timeout: 60 });
    if (stdout.trim() !== '') return stdout.trim();
    throw new ShakedownError({ message: `no folder could be made on the machine: ${stderr.trim()}` });
  }

  /** From a machine that stays. */
  async removeScratch(name: string): Promise<void> {
    const options = { root: this.facts.root, timeout: 30 };
    // It may be gone already, with the caller or with the connection.
    await this.#remote.exec(['rm', '-rf', '--', name], options).catch(() => undefined);
  }

  /** As root where that can be had. */
  rights(): Pick<TransferOptions, 'root' | 'signal'> {
    return { root: this.facts.root, signal: this.#options.signal };
  }
}
