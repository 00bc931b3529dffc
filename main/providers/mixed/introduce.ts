import { lookup } from 'node:dns/promises';
import type { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import { addNames } from '../host/add-names.ts';
import { runAsRoot } from '../host/root-script.ts';
import { shellFile } from '../host/shell-file.ts';
import type { Machine } from '../provider.ts';

/** Seconds for a new machine to answer: it may still be booting. */
const patience = 120;

/** A machine that was made, and what it was told of the others: lines of /etc/hosts. */
export interface Introduced {
  readonly machine: Machine;
  readonly lines: readonly string[];
}

/**
 * Makes the machines of different parts known to one another, as far as it is for us to do so: those that we
 * made get the names of all others in /etc/hosts, and the firewalls that keep strangers from them let the
 * other parts in. On machines that are borrowed nothing is changed. Gives what each machine that was made
 * was told. Throws ShakedownError when a new machine does not answer.
 */
export async function introduce(
  cluster: string,
  parts: readonly (readonly Machine[])[],
  ctx: RunContext,
): Promise<readonly Introduced[]> {
  const machines = parts.flat();
  const made = machines.filter(({ borrowed }) => !borrowed);
  if (made.length === 0 || parts.length < 2) return [];
  const addresses = new Map(
    await Promise.all(machines.map(async (machine) => [machine, await addressOf(machine)] as const)),
  );
  await admit(
    cluster,
    [...addresses.values()].filter((address) => address !== undefined),
    ctx,
  );
  const introduced = parts.flatMap((part) => {
    const strangers = machines.filter((machine) => !part.includes(machine));
    const lines = strangers.flatMap((machine) => {
      const address = addresses.get(machine);
      return address === undefined ? [] : [`${address} ${machine.name}\n`];
    });
    return part.filter(({ borrowed }) => !borrowed).map((machine) => ({ machine, lines }));
  });
  await Promise.all(
    introduced.map(({ machine, lines }) => addNames(machine, lines, { signal: ctx.signal, patience })),
  );
  return introduced;
}

/**
 * Tells a machine again what it was told: one whose /etc/hosts is written anew at each start, as engines do
 * for their containers, has forgotten it. One that does not answer is left for its caller to notice.
 */
export async function introduceAgain(
  { machine, lines }: Introduced,
  { signal, log }: Pick<RunContext, 'signal' | 'log'>,
): Promise<void> {
  await addNames(machine, lines, { signal, patience }).catch((error: unknown) => {
    signal.throwIfAborted();
    log(`${machine.name} was not told the names of the others again: ${String(error)}`, machine.id);
  });
}

/**
 * Where others may find it: a name is looked up here, and an address that means each machine itself is of no
 * use.
 */
async function addressOf({ address }: Machine): Promise<string | undefined> {
  const found = await lookup(address, { family: 4 }).catch(() => undefined);
  return found === undefined || found.address.startsWith('127.') ? undefined : found.address;
}

/**
 * Not every kind of machine lies behind a firewall of ours, nor does each main host have one that we may
 * change.
 */
async function admit(
  cluster: string,
  addresses: readonly string[],
  { signal, log }: Pick<RunContext, 'signal' | 'log'>,
): Promise<void> {
  if (addresses.length === 0) return;
  const failure = { message: 'the machines of other parts were not let in' };
  const script = shellFile(import.meta.dirname, 'admit.sh', { id: cluster, addresses });
  await runAsRoot(script, { signal, failure }).catch((error: ShakedownError) => {
    signal.throwIfAborted();
    log(`${error.message}: ${(error.details.lastLines ?? []).join(' ')}`);
  });
}
