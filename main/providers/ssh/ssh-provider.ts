import { UsageError } from '../../../common/errors.ts';
import { sideBySide } from '../../../common/side-by-side.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { CanAskAhead, CanKeep } from '../capabilities.ts';
import { parsedOptions } from '../parsed-options.ts';
import type { Cluster, ListedCluster, Machine, MachinesSpec, ProbeResult, Provider } from '../provider.ts';
import type { HostQuery, ResolvedHost } from './host-settings.ts';
import { Leases, useOf } from './leases.ts';
import { resolveHost } from './resolve-host.ts';
import { type SshMachines, sshMachines } from './ssh-machines.ts';
import { sshOptionsSchema } from './ssh-options.ts';
import { sshTarget } from './ssh-target.ts';
import { answersSsh, type Candidate, type HealthCheck, nameOf, takeMachines } from './take-machines.ts';

/** What tests replace. */
interface Surroundings {
  /** Instead of `~/.ssh/config`. */
  readonly configFile?: string;
  readonly leases?: Leases;
  readonly healthy?: HealthCheck;
}

/** Hosts of which ssh is asked in one go. */
const resolvedAtOnce = 50;

type Wish = Omit<MachinesSpec, 'cluster' | 'shares'>;

/**
 * Machines that exist: they are borrowed, and given back with the files that were placed on
 * them put back. A lease says to all runs on this main host who has a machine; runs that
 * choose from a pool take none that another has.
 */
export class SshProvider implements Provider, CanAskAhead, CanKeep {
  readonly name = 'ssh';
  readonly makes = false;
  readonly #configFile: string | undefined;
  /** What was asked of ssh already: the same machines are looked at beforehand and when they are taken. */
  readonly #resolved = new Map<string, Promise<ResolvedHost>>();
  readonly #leases: Leases;
  /** By cluster: named machines are being marked as taken, which nobody has to wait for. */
  readonly #marking = new Map<string, Promise<void>>();
  readonly #healthy: HealthCheck;

  constructor({ configFile, leases = new Leases(), healthy = answersSsh }: Surroundings = {}) {
    this.#configFile = configFile;
    this.#leases = leases;
    this.#healthy = healthy;
  }

  async probe(): Promise<ProbeResult> {
    return { ok: true };
  }

  askAhead(spec: Wish): void {
    this.#candidates(spec).catch(() => undefined);
  }

  async preview(spec: Wish): Promise<readonly Machine[]> {
    const { pool } = machinesOf(spec.options);
    const free = [...(await this.#candidates(spec))];
    return spec.machines.map((machine, index) => {
      const fits = ({ role }: Candidate) => machine.role === undefined || role === machine.role;
      const found = pool ? free.splice(Math.max(0, free.findIndex(fits)), 1)[0] : free[index];
      if (!found) throw new UsageError(`ssh: there is no machine for node ${machine.id}.`);
      return { ...machine, address: found.target.host, ssh: found.target };
    });
  }

  async create(spec: MachinesSpec, ctx: Pick<RunContext, 'signal' | 'log'>): Promise<Cluster> {
    const { cluster } = spec;
    const { pool, notes } = machinesOf(spec.options);
    for (const note of notes) ctx.log(note);
    const machines = pool
      ? await takeMachines(
          spec.machines,
          { cluster, candidates: await this.#candidates(spec), leases: this.#leases, healthy: this.#healthy },
          ctx,
        )
      : await this.preview(spec);
    if (!pool) this.#marking.set(cluster, this.#tellOthers(cluster, await differentNames(machines), ctx));
    return { id: cluster, provider: this.name, machines, borrowed: true };
  }

  async list(): Promise<readonly ListedCluster[]> {
    await Promise.all(this.#marking.values());
    return this.#leases.list();
  }

  async destroy({ id }: Pick<Cluster, 'id'>): Promise<void> {
    await this.#marking.get(id);
    this.#marking.delete(id);
    await this.#leases.release(id);
  }

  async keep({ id }: Pick<Cluster, 'id'>): Promise<void> {
    await this.#marking.get(id);
    await this.#leases.keep(id);
  }

  #candidates({ options, login }: Wish): Promise<readonly Candidate[]> {
    return sideBySide(machinesOf(options).hosts, resolvedAtOnce, undefined, async (host) => ({
      target: await sshTarget(host, login, (query) => this.#resolve(query)),
      role: host.role,
    }));
  }

  #resolve(query: HostQuery): Promise<ResolvedHost> {
    const key = JSON.stringify(query);
    const known = this.#resolved.get(key) ?? resolveHost(query, this.#configFile);
    this.#resolved.set(key, known);
    known.catch(() => this.#resolved.delete(key));
    return known;
  }

  /**
   * Machines that were named are taken in any case: the agent on them refuses a second run. The lease is for
   * those who choose from a pool; where there can be none, that is no reason not to go on. Never throws.
   */
  async #tellOthers(
    cluster: string,
    names: readonly string[],
    { log }: Pick<RunContext, 'log'>,
  ): Promise<void> {
    const taken = await this.#leases.take(cluster, names, names.length).catch((error: Error) => {
      log(`no lease was taken: ${error.message}`);
      return [...names.keys()];
    });
    for (const [index, name] of names.entries()) {
      const holder = taken.includes(index) ? undefined : await this.#leases.holder(name);
      const ends = holder?.kept ? ', and what runs there ends now' : '';
      if (holder) log(`${name} is ${useOf(holder)}${ends}`, index);
    }
  }
}

/** What leases call these machines. Throws UsageError for two that are one. */
async function differentNames(machines: readonly Machine[]): Promise<readonly string[]> {
  const names = await Promise.all(machines.map(({ ssh }) => nameOf(ssh)));
  for (const [index, name] of names.entries()) {
    const [one, other] = [machines[names.indexOf(name)], machines[index]];
    if (one !== other) {
      throw new UsageError(`ssh: ${one?.name} and ${other?.name} are the same machine, ${name}.`);
    }
  }
  return names;
}

const machinesOf = (options: unknown): SshMachines =>
  sshMachines(parsedOptions('ssh', sshOptionsSchema, options), () => undefined);
