import { ShakedownError } from '../../common/errors.ts';
import type { RunContext } from '../context.ts';
import { canReboot, canSnapshot } from '../providers/capabilities.ts';
import type { Cluster } from '../providers/provider.ts';
import { bootOf } from '../remotes/next-boot.ts';
import { makeMachines, newClusterId } from '../run/machines/make-machines.ts';
import { endOf, must, restoreScratch, saveScratch } from './boot.ts';
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
  /** What is to be destroyed, be it open or half so. */
  #cluster: Cluster | undefined;
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
    const { provider, wanted } = this.#plan;
    const options = { shares: [], rebuild: false };
    try {
      const cluster = await makeMachines(newClusterId(), wanted, provider, options, this.#ctx);
      this.#cluster = cluster;
      this.#plan.tell(`${provider.name} machine of cluster ${cluster.id} at ${cluster.machines[0]?.address}`);
      this.#opened = await OpenMachine.connect(cluster, { ...this.#plan, signal: this.#ctx.signal });
      if (!cluster.borrowed && canSnapshot(provider)) {
        const { machine } = this.#opened;
        await provider.snapshot({ cluster, machine: machine.id, name: pristine }, this.#ctx);
      }
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
    const { cluster, machine } = this.#open;
    await this.#open.disconnect();
    await provider.restore({ cluster, machine: machine.id, name: pristine }, this.#ctx);
    await this.#open.reconnect();
    return this.#makeScratch();
  }

  async reboot(prepareOnly: boolean): Promise<void> {
    const { provider, makes } = this.#plan;
    const { cluster, machine, remote } = this.#open;
    if (!makes || !canReboot(provider)) {
      throw new ShakedownError({ message: `${provider.name} cannot restart this machine` });
    }
    const { signal } = this.#ctx;
    const before = await bootOf(remote, signal);
    await saveScratch(remote, this.#scratch ?? '', { signal });
    if (!prepareOnly) {
      await must(remote, 'sync', { signal });
      await provider.reboot({ cluster, machine: machine.id }, this.#ctx);
    }
    await this.#open.disconnect();
    const back = this.#open.reconnect(before);
    if (prepareOnly)
      await switchOnUntil(back, { cluster, machine: machine.id }, machine.ssh, provider, this.#ctx);
    await back;
    await restoreScratch(this.#open.remote, { signal });
    await this.#open.auxverb();
  }

  async close(): Promise<void> {
    const [opened, cluster] = [this.#opened, this.#cluster];
    if (opened?.cluster.borrowed && this.#scratch !== undefined) {
      await opened.removeScratch(this.#scratch);
      this.#scratch = undefined;
    }
    await opened?.disconnect();
    this.#opened = undefined;
    if (!cluster) return;
    // Not the signal that may have brought us here: the machine goes all the same.
    const ctx = { signal: AbortSignal.timeout(120_000), log: this.#ctx.log };
    await this.#plan.provider.destroy(cluster, ctx);
    this.#cluster = undefined;
    await this.#ctx.ledger.remove(cluster.id);
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
    return endOf(consoleLog);
  }
}
