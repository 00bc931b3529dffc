import { lookup } from 'node:dns/promises';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import type { Machine, MachineSpec } from '../provider.ts';
import { type Leases, leaseName, useOf } from './leases.ts';

/** A machine of a pool. */
export interface Candidate {
  readonly target: SshTarget;
  readonly role?: string | undefined;
}

/** Whether a machine answers: throws why it does not. */
export type HealthCheck = (target: SshTarget, signal: AbortSignal) => Promise<void>;

/**
 * Seconds in which a machine has to let us in. A pool's machines are up; one
 * that boots is not ready to be used.
 */
const patience = 10;

/** The login by ssh, and one command that does nothing. */
export const answersSsh: HealthCheck = async (target, signal) => {
  const { connectSsh } = await import('../../remotes/ssh-remote.ts');
  await using remote = await connectSsh(target, { signal, timeout: patience });
  const { exitCode, stderr } = await remote.exec('true', { signal, timeout: patience });
  if (exitCode !== 0) throw new Error(`'true' exits with ${exitCode} there: ${stderr.trim()}`);
};

interface Pool {
  readonly cluster: string;
  readonly candidates: readonly Candidate[];
  readonly leases: Leases;
  readonly healthy: HealthCheck;
}

/**
 * Takes one machine of the pool for each that is wanted, with its role where that is told. One that
 * does not answer is set aside, with a line in the log, and the next one is taken. Throws
 * ShakedownError that says of each machine why it was not taken when too few are left; the leases that
 * it has by then are released by the cluster's id.
 */
export async function takeMachines(
  wanted: readonly MachineSpec[],
  pool: Pool,
  ctx: Pick<RunContext, 'signal' | 'log'>,
): Promise<readonly Machine[]> {
  const names = await Promise.all(pool.candidates.map(({ target }) => nameOf(target)));
  const silent = new Map<number, string>();
  const taken = new Map<MachineSpec, Candidate>();
  while (taken.size < wanted.length) {
    const missing = wanted.filter((machine) => !taken.has(machine));
    const leased = await leaseFor(missing, pool, { names, silent });
    const outcomes = await Promise.allSettled(
      leased.map(({ index }) => pool.healthy(candidate(pool, index).target, ctx.signal)),
    );
    ctx.signal.throwIfAborted();
    for (const [place, outcome] of outcomes.entries()) {
      const each = leased[place];
      if (!each) continue;
      if (outcome.status === 'fulfilled') taken.set(each.machine, candidate(pool, each.index));
      else {
        const reason = outcome.reason instanceof Error ? outcome.reason.message : String(outcome.reason);
        silent.set(each.index, reason);
        await pool.leases.setAside(names[each.index] ?? '', reason);
        ctx.log(
          `set aside, another machine of the pool is taken: ${candidate(pool, each.index).target.host}: ${reason}`,
        );
      }
    }
    const nothingNew = leased.length < missing.length;
    if (nothingNew && taken.size < wanted.length) {
      throw await tooFew({ wanted: wanted.length, taken: [...taken.values()] }, pool, { names, silent });
    }
  }
  return wanted.map((machine) => {
    const { target } = taken.get(machine) ?? {};
    if (!target) throw new Error(`no machine was taken for ${machine.name}`);
    return { ...machine, address: target.host, ssh: target };
  });
}

interface Known {
  readonly names: readonly string[];
  /** Those that did not answer, by their place in the pool. */
  readonly silent: Map<number, string>;
}

/** A free machine for each that is missing, as far as there are any. */
async function leaseFor(
  missing: readonly MachineSpec[],
  { cluster, candidates, leases }: Pool,
  { names, silent }: Known,
): Promise<readonly { readonly machine: MachineSpec; readonly index: number }[]> {
  const found: { machine: MachineSpec; index: number }[] = [];
  for (const role of new Set(missing.map((machine) => machine.role))) {
    const machines = missing.filter((machine) => machine.role === role);
    const fitting = [...candidates.keys()].filter(
      (index) => !silent.has(index) && (role === undefined || candidates[index]?.role === role),
    );
    const places = await leases.take(
      cluster,
      fitting.map((index) => names[index] ?? ''),
      machines.length,
    );
    for (const [order, place] of places.entries()) {
      const [machine, index] = [machines[order], fitting[place]];
      if (machine && index !== undefined) found.push({ machine, index });
    }
  }
  return found;
}

async function tooFew(
  { wanted, taken }: { readonly wanted: number; readonly taken: readonly Candidate[] },
  { candidates, leases }: Pool,
  { names, silent }: Known,
): Promise<ShakedownError> {
  const lines = await Promise.all(
    [...candidates.entries()].map(async ([index, each]) => {
      if (taken.includes(each)) return [];
      const why = silent.get(index);
      const holder = why === undefined ? await leases.holder(names[index] ?? '') : undefined;
      const use = holder && useOf(holder);
      return [
        `${each.target.host}: ${why ?? use ?? `has the role '${each.role ?? ''}', of which there are enough`}`,
      ];
    }),
  );
  return new ShakedownError({
    message: `${wanted} machines of the pool are wanted, and only ${taken.length} of its ${candidates.length} can be had.`,
    lastLines: lines.flat(),
    hint: "wait for the others, mend those that do not answer, or 'shakedown down' where machines are kept",
  });
}

function candidate({ candidates }: Pool, index: number): Candidate {
  const found = candidates[index];
  if (!found) throw new RangeError(`no machine ${index} in the pool`);
  return found;
}

/**
 * By its address, so that two names of one machine are one; a name that only a jump host knows stays a name.
 */
export async function nameOf(target: SshTarget): Promise<string> {
  if (target.jumps || target.proxyCommand !== undefined) return leaseName(target);
  const found = await lookup(target.host, { order: 'ipv4first' }).catch(() => undefined);
  return leaseName(target, found?.address);
}
