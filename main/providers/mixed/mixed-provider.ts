import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { type MachineAct, starts } from '../../../common/machine-acts.ts';
import { cacheDirectory } from '../../context/cache-directory.mjs';
import type { RunContext } from '../../context/run-context.ts';
import {
  type CanDelegate,
  type CanKeep,
  type CanPower,
  type CanReboot,
  type CanSnapshot,
  canKeep,
  type MachineOf,
} from '../capabilities.ts';
import { type Owner, takeAct } from '../machine-acts.ts';
import type { Cluster, Machine, MachinesSpec, ProbeResult, Provider } from '../provider.ts';
import { introduce, introduceAgain } from './introduce.ts';
import { makeParts } from './make-parts.ts';
import { noteOfKinds } from './note-of-kinds.ts';
import { clusterOf, type PartState, partStates, partsOf, partWith } from './part-states.ts';
import { planParts, renumber } from './plan-parts.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;

/**
 * One cluster of several kinds of machine. Each part is a cluster of its own kind with the same id, so the
 * id alone is enough for each kind to list and to destroy what is its own.
 */
export class MixedProvider implements Provider, CanKeep, CanDelegate, CanReboot, CanPower, CanSnapshot {
  readonly name = 'mixed';
  readonly makes = false;
  readonly #kinds: readonly Provider[];
  readonly #introduce: typeof introduce;

  /** `kinds` are the providers that parts may be of; tests replace how machines get to know one another. */
  constructor(kinds: readonly Provider[], introduction = introduce) {
    this.#kinds = kinds;
    this.#introduce = introduction;
  }

  /** What machines of the kinds can do that parts may be of, and which kinds those are. */
  async probe(): Promise<ProbeResult> {
    return { ok: true, ...noteOfKinds(this.#kinds) };
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    const planned = planParts(spec, (name) => this.#named(name));
    const machines = planned.map(async ({ provider, spec, first }) =>
      renumber(await provider.preview(spec), first),
    );
    return (await Promise.all(machines)).flat();
  }

  async create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    const planned = planParts(spec, (name) => this.#named(name));
    const clusters = await makeParts(planned, ctx);
    const parts = clusters.map(({ machines, borrowed }, index) =>
      renumber(machines, planned[index]?.first ?? 0).map((machine) => ({ ...machine, borrowed })),
    );
    const introduced = await this.#introduce(spec.cluster, parts, ctx);
    const state = partStates(clusters, parts, introduced);
    const borrowed = clusters.every((cluster) => cluster.borrowed);
    return { id: spec.cluster, provider: this.name, machines: parts.flat(), borrowed, state };
  }

  /** Each part is in the list of its own kind. */
  async list(): Promise<readonly []> {
    return [];
  }

  async destroy(
    { id, state }: Pick<Cluster, 'id' | 'state'>,
    ctx: Pick<RunContext, 'signal' | 'log'>,
  ): Promise<void> {
    const parts = partsOf(state) ?? (await this.#working(ctx.signal));
    const outcomes = await Promise.allSettled(
      parts.map((part) => this.#named(part.provider).destroy(clusterOf(id, part), ctx)),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async keep({ id, state }: Pick<Cluster, 'id' | 'state'>): Promise<void> {
    for (const part of partsOf(state) ?? []) {
      const provider = this.#named(part.provider);
      if (!canKeep(provider)) {
        throw new ShakedownError({ message: `machines of kind ${part.provider} cannot be kept` });
      }
      await provider.keep(clusterOf(id, part));
    }
  }

  partOf(machine: MachineOf): Owner {
    const { provider, which } = partWith(machine);
    return { provider: this.#named(provider), which };
  }

  reboot(which: MachineOf, ctx: Act): Promise<void> {
    return this.#take(which, { act: 'reboot' }, ctx);
  }

  powerOff(which: MachineOf, ctx: Act): Promise<void> {
    return this.#take(which, { act: 'powerOff' }, ctx);
  }

  powerOn(which: MachineOf, ctx: Act): Promise<void> {
    return this.#take(which, { act: 'powerOn' }, ctx);
  }

  snapshot({ name, ...which }: MachineOf & { readonly name: string }, ctx: Act): Promise<void> {
    return this.#take(which, { act: 'snapshot', name }, ctx);
  }

  restore({ name, ...which }: MachineOf & { readonly name: string }, ctx: Act): Promise<void> {
    return this.#take(which, { act: 'restore', name }, ctx);
  }

  /**
   * By the part that the machine is of, as it would do it alone; what it throws names the node as the
   * cluster does.
   */
  async #take(machine: MachineOf, what: MachineAct, ctx: Act): Promise<void> {
    const { provider, which, introduced } = partWith(machine);
    try {
      await takeAct({ provider: this.#named(provider), which }, what, async () => this.#kinds, ctx);
    } catch (error) {
      if (!(error instanceof ShakedownError)) throw error;
      throw new ShakedownError({ ...error.details, node: machine.machine }, { cause: error });
    }
    if (introduced && starts(what)) await introduceAgain(introduced, ctx);
  }

  /** A kind that does not work here has made nothing here. */
  async #working(signal: AbortSignal): Promise<readonly Pick<PartState, 'provider' | 'state'>[]> {
    const ctx = { signal, cacheDir: cacheDirectory(process.env) };
    const probed = await Promise.all(this.#kinds.map((provider) => provider.probe(ctx)));
    return this.#kinds.flatMap(({ name }, index) => (probed[index]?.ok ? [{ provider: name }] : []));
  }

  #named(name: string): Provider {
    const found = this.#kinds.find((provider) => provider.name === name);
    if (!found) throw new UsageError(`There is no provider '${name}' for a part of a mixed cluster.`);
    return found;
  }
}
