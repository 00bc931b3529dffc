import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { cacheDirectory } from '../../cache-dir.ts';
import { loginForNewMachines } from '../../cluster-key.ts';
import type { RunContext } from '../../context.ts';
import { kinds } from '../kinds.ts';
import {
  type CanKeep,
  type Cluster,
  canKeep,
  type Machine,
  type MachinesSpec,
  type ProbeResult,
  type Provider,
} from '../provider.ts';
import { introduce } from './introduce.ts';
import { partsSchema } from './mixed-options.ts';

/** What a part's own provider needs to find its machines again. */
interface PartState {
  readonly provider: string;
  readonly state?: unknown;
}

/** A part with the machines that are its own, numbered from 0 as its provider wants them. */
interface Planned<Spec> {
  readonly provider: Provider;
  readonly spec: Spec;
  /** The id of its first machine in the whole cluster. */
  readonly first: number;
}

/**
 * One cluster of several kinds of machine. Each part is a cluster of its own kind with the same id, so the id alone is
 * enough for each kind to list and to destroy what is its own.
 */
export class MixedProvider implements Provider, CanKeep {
  readonly name = 'mixed';
  readonly #kinds: readonly Provider[];
  readonly #introduce: typeof introduce;

  /** `kinds` are the providers that parts may be of; tests replace how machines get to know one another. */
  constructor(kinds: readonly Provider[], introduction = introduce) {
    this.#kinds = kinds;
    this.#introduce = introduction;
  }

  async probe(): Promise<ProbeResult> {
    return { ok: true, caps: ['make', 'borrow'] };
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    const machines = this.#plan(spec).map(async ({ provider, spec, first }) =>
      renumber(await provider.preview(spec), first),
    );
    return (await Promise.all(machines)).flat();
  }

  async create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    const planned = this.#plan(spec);
    const failed = new AbortController();
    const signal = AbortSignal.any([ctx.signal, failed.signal]);
    const outcomes = await Promise.allSettled(
      planned.map(async ({ provider, spec }) => {
        try {
          const { caps } = await provider.probe(ctx);
          const { login } = spec;
          const own = caps.includes('make') ? await loginForNewMachines(login, ctx.cacheDir) : login;
          signal.throwIfAborted();
          return await provider.create({ ...spec, login: own }, { ...ctx, signal });
        } catch (error) {
          // The first to fail ends the others, and is the one that is told.
          failed.abort(error);
          throw error;
        }
      }),
    );
    ctx.signal.throwIfAborted();
    failed.signal.throwIfAborted();
    const clusters = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const parts = clusters.map(({ machines, borrowed }, index) =>
      renumber(machines, planned[index]?.first ?? 0).map((machine) => ({ ...machine, borrowed })),
    );
    await this.#introduce(spec.cluster, parts, ctx);
    const state = clusters.map(
      ({ provider, state }): PartState => ({ provider, ...(state === undefined ? {} : { state }) }),
    );
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
      parts.map(({ provider, state }) =>
        this.#named(provider).destroy({ id, ...(state === undefined ? {} : { state }) }, ctx),
      ),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async keep({ id, state }: Pick<Cluster, 'id' | 'state'>): Promise<void> {
    for (const part of partsOf(state) ?? []) {
      const provider = this.#named(part.provider);
      if (!canKeep(provider)) {
        throw new ShakedownError({ message: `machines of kind ${part.provider} cannot be kept` });
      }
      await provider.keep({ id, ...(part.state === undefined ? {} : { state: part.state }) });
    }
  }

  /** A kind that does not work here has made nothing here. */
  async #working(signal: AbortSignal): Promise<readonly PartState[]> {
    const ctx = { signal, cacheDir: cacheDirectory(process.env) };
    const probed = await Promise.all(this.#kinds.map((provider) => provider.probe(ctx)));
    return this.#kinds.flatMap(({ name }, index) => (probed[index]?.ok ? [{ provider: name }] : []));
  }

  #named(name: string): Provider {
    const found = this.#kinds.find((provider) => provider.name === name);
    if (!found) throw new UsageError(`There is no provider '${name}' for a part of a mixed cluster.`);
    return found;
  }

  #plan<Spec extends Pick<MachinesSpec, 'machines' | 'options'>>(spec: Spec): readonly Planned<Spec>[] {
    const parsed = partsSchema.safeParse(spec.options);
    if (!parsed.success) throw new UsageError(`mixed: ${parsed.error.issues[0]?.message}`);
    let first = 0;
    return parsed.data.parts.map(({ provider, options }) => {
      const count = kinds[provider]?.wanted(options).length ?? 0;
      const machines = spec.machines.slice(first, first + count).map((machine, id) => ({ ...machine, id }));
      const planned = { provider: this.#named(provider), spec: { ...spec, machines, options }, first };
      first += count;
      return planned;
    });
  }
}

const partsOf = (state: unknown): readonly PartState[] | undefined =>
  Array.isArray(state) ? (state as readonly PartState[]) : undefined;

const renumber = (machines: readonly Machine[], first: number): readonly Machine[] =>
  machines.map((machine) => ({ ...machine, id: machine.id + first }));
