import { ShakedownError } from '../../common/errors.ts';
import type { MachineAct } from '../../common/machine-acts.ts';
import { present } from '../../common/present.ts';
import { actOnMachine } from '../cluster/power/act-on-machine.ts';
import { endOfConsole } from '../cluster/power/end-of-console.ts';
import type { RunContext } from '../context/run-context.ts';
import type { ClusterEntry } from '../ledger/cluster-undo.ts';
import { canReboot, canSnapshot } from '../providers/capabilities.ts';
import type { Cluster } from '../providers/provider.ts';
import { everyProvider } from '../providers/registry.ts';
import { bootOf } from '../remotes/next-boot.ts';
import type { Remote } from '../remotes/remote.ts';
import { connectSsh } from '../remotes/ssh-remote.ts';
import { undo } from '../run/ledger/undo.ts';
import { undoWorldOf } from '../run/ledger/undo-world.ts';
import { makeMachines, newClusterId } from '../run/machines/make-machines.ts';
import { Scope } from '../run/scope.ts';
import { must, restoreScratch, saveScratch } from './boot.ts';
import { capabilitiesOf } from './capabilities.ts';
import { copyDown, copyUp } from './copy.ts';
import { OpenMachine } from './open-machine.ts';
import { openShell } from './open-shell.ts';
import { switchOnUntil } from './own-restart.ts';
import type { Testbed, TestbedPlan } from './testbed.ts';

/** The snapshot to which `revert` goes back. */
const pristine = 'as-opened';

/** A machine of a provider as a testbed. */
export class MachineTestbed implements Testbed {
  readonly #plan: TestbedPlan;
  readonly #ctx: RunContext;
  readonly #failures: unknown[] = [];
  /** What the machine consists of, be it open or half so. */
  readonly #scope = new Scope((error) => this.#failures.push(error));
  #opened: OpenMachine | undefined;
  /** The same from one machine to the next: a package that was built there may know its path. */
  #scratch: string | undefined;

  constructor(plan: TestbedPlan, ctx: RunContext) {
    this.#plan = plan;
    this.#ctx = ctx;
  }

  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  get #open(): OpenMachine {
    if (this.#opened) return this.#opened;
    throw new ShakedownError({ message: 'the testbed is closed' });
  }

  capabilities(): readonly string[] {
    const { provider, makes } = this.#plan;
    return capabilitiesOf(provider, makes, this.#opened?.facts);
  }

  async open(): Promise<string> {
    const { provider, wanted, of } = this.#plan;
    const options = { of, shares: [], rebuild: false };
    try {
      const cluster = await this.#scope.acquire({
        acquire: () => makeMachines(newClusterId(), wanted, provider, options, this.#ctx),
        release: (made) => this.#takeAway(made),
      });
      this.#plan.tell(`${provider.name} machine of cluster ${cluster.id} at ${cluster.machines[0]?.address}`);
      this.#opened = await this.#scope.acquire({
        acquire: () => OpenMachine.connect(cluster, { ...this.#plan, signal: this.#ctx.signal }),
        release: (machine) => machine.disconnect(),
      });
      if (!cluster.borrowed && canSnapshot(provider)) await this.#act({ act: 'snapshot', name: pristine });
      return await this.#makeScratch();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #makeScratch(): Promise<string> {
    const [name] = await Promise.all([this.#open.makeScratch(this.#scratch), this.#open.auxverb()]);
    this.#scratch = name;
    return name;
  }

  async revert(): Promise<string> {
    const { provider, makes } = this.#plan;
    if (!makes) throw new ShakedownError({ message: 'a machine that exists cannot be put back as it was' });
    if (!canSnapshot(provider)) {
      await this.close();
      return this.open();
    }
    await this.#open.disconnect();
    await this.#act({ act: 'restore', name: pristine });
    return this.#makeScratch();
  }

  async reboot(prepareOnly: boolean): Promise<void> {
    const { provider, makes } = this.#plan;
    const { remote } = this.#open;
    if (!makes || !canReboot(provider)) {
      throw new ShakedownError({ message: `${provider.name} cannot restart this machine` });
    }
    const { signal } = this.#ctx;
    await saveScratch(remote, this.#scratch ?? '', { signal });
    if (prepareOnly) {
      await this.#restartByItself(remote);
    } else {
      await must(remote, 'sync', { signal });
      await this.#act({ act: 'reboot' }, remote);
    }
    await restoreScratch(this.#open.remote, { signal });
    await this.#open.auxverb();
  }

  /** Waits until the machine has restarted, which the test that asked for it makes it do. */
  async #restartByItself(remote: Remote): Promise<void> {
    const { cluster, machine } = this.#open;
    const before = await bootOf(remote, this.#ctx.signal);
    await this.#open.disconnect();
    const back = this.#open.reconnect(before);
    const which = { cluster, machine: machine.id };
    await switchOnUntil(back, which, machine.ssh, this.#plan.provider, this.#ctx);
    await back;
  }

  /**
   * `remote`: the connection that goes down with the machine. A machine that is
   * started by it is open again after.
   */
  async #act(what: MachineAct, remote?: Remote): Promise<void> {
    const { provider, timeout } = this.#plan;
    const { cluster, machine } = this.#open;
    const { signal, log } = this.#ctx;
    const owner = { provider, which: { cluster, machine: machine.id } };
    const done = () => void this.#open.disconnect();
    const options = { signal, log, timeout, connect: connectSsh, kinds: everyProvider };
    const before = present({ remote, done: remote && done });
    const again = await actOnMachine(machine, owner, what, { ...options, ...before });
    if (again) await this.#open.goOnOver(again);
  }

  async #takeAway({ id, provider, state }: Cluster): Promise<void> {
    // Not the signal that may have brought us here: the machine goes all the same.
    const world = undoWorldOf(this.#plan.provider, this.#ctx);
    const entry: ClusterEntry = { kind: 'cluster', id, provider, state };
    await undo(entry, this.#ctx.ledger, world);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    if (opened?.cluster.borrowed && this.#scratch !== undefined) {
      await opened.removeScratch(this.#scratch);
      this.#scratch = undefined;
    }
    this.#opened = undefined;
    await this.#scope.release();
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure;
  }

  async executeCommand(): Promise<readonly string[]> {
    return [(await this.#open.auxverb()).program];
  }

  copyDown(hostPath: string, machinePath: string): Promise<void> {
    const options = { ...this.#open.rights(), timeout: this.#plan.copyTimeout };
    return copyDown(this.#open.remote, hostPath, machinePath, options);
  }

  copyUp(machinePath: string, hostPath: string): Promise<void> {
    const { copyTimeout: timeout, tell: note } = this.#plan;
    return copyUp(this.#open.remote, machinePath, hostPath, { ...this.#open.rights(), timeout, note });
  }

  async shell(directory: string, environment: readonly string[]): Promise<void> {
    const { facts, machine } = this.#open;
    const sudo = facts.root && machine.ssh.user !== 'root';
    const { sshConfig } = await this.#open.auxverb();
    await openShell(sshConfig, { directory, environment, sudo }, this.#plan.tell);
  }

  async trouble(): Promise<readonly string[]> {
    const { consoleLog } = this.#opened?.machine ?? {};
    if (consoleLog === undefined) return [];
    return [`the end of ${consoleLog}:`, ...(await endOfConsole(consoleLog))];
  }
}
