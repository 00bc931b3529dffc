import { setTimeout as sleep } from 'node:timers/promises';
import type { RunContext } from '../context/run-context.ts';
import { canPower, type MachineOf } from '../providers/capabilities.ts';
import type { Provider } from '../providers/provider.ts';
import { greets } from '../remotes/commands/greets.ts';
import type { SshTarget } from '../remotes/ssh-target.ts';

/** Looks of which none found an ssh server, after which a machine is taken for off. */
const enough = 5;

/**
 * While a machine restarts by itself, until `back` settles: switches it on where it went off instead, as an
 * engine's container does when its system ends. A machine that is on stays as it is. `every` is in ms. Throws
 * nothing: what the provider refuses is for who waits for the machine.
 */
export async function switchOnUntil(
  back: Promise<unknown>,
  which: MachineOf,
  at: Pick<SshTarget, 'host' | 'port'>,
  provider: Provider,
  ctx: Pick<RunContext, 'signal' | 'log'>,
  every = 2000,
): Promise<void> {
  const done = new AbortController();
  const end = () => done.abort();
  back.then(end, end);
  const signal = AbortSignal.any([ctx.signal, done.signal]);
  for (let silent = 0; canPower(provider) && !signal.aborted; ) {
    await sleep(every, undefined, { signal }).catch(() => undefined);
    silent = (await greets(at.host, at.port, signal).catch(() => true)) ? 0 : silent + 1;
    if (silent === enough) {
      silent = 0;
      await provider.powerOn(which, { signal, log: ctx.log }).catch(() => undefined);
    }
  }
}
