import { ShakedownError } from '../../common/errors.ts';
import type { MachineAct } from '../../common/machine-acts.ts';
import type { RunContext } from '../context/run-context.ts';
import { canDelegate, canPower, canReboot, canSnapshot, type MachineOf } from './capabilities.ts';
import type { Provider } from './provider.ts';
import { snapshotName } from './snapshot-name.ts';

/** A machine and the provider of its cluster. */
export interface Owner {
  readonly provider: Provider;
  readonly which: MachineOf;
}

/** All kinds of machine that there are; asked for only to name them. */
export type KnownKinds = () => Promise<readonly Provider[]>;

const able: Readonly<Record<MachineAct['act'], (provider: Provider) => boolean>> = {
  reboot: canReboot,
  powerOff: canPower,
  powerOn: canPower,
  snapshot: canSnapshot,
  restore: canSnapshot,
};

const cannot: Readonly<Record<MachineAct['act'], string>> = {
  reboot: 'cannot be rebooted from outside',
  powerOff: 'cannot be switched off and on',
  powerOn: 'cannot be switched off and on',
  snapshot: 'cannot be taken back to a snapshot',
  restore: 'cannot be taken back to a snapshot',
};

/**
 * Rejects when the kind of machine cannot do that at all (ShakedownError that names it, and of `known` those
 * which can; in a mixed cluster the kind of its part), or when a snapshot's name is none (UsageError).
 * Touches nothing.
 */
export async function mustBeAble(owner: Owner, what: MachineAct, known: KnownKinds): Promise<void> {
  if ('name' in what) snapshotName(what.name);
  const { provider } = canDelegate(owner.provider) ? owner.provider.partOf(owner.which) : owner;
  if (able[what.act](provider)) return;
  const can = (await known()).filter((each) => able[what.act](each) && !canDelegate(each));
  const kinds = can.map(({ name }) => name);
  const others = kinds.length === 0 ? 'no kind here can' : `those of these kinds can: ${kinds.join(', ')}`;
  throw new ShakedownError({
    message: `machines of kind ${provider.name} ${cannot[what.act]}; ${others}`,
  });
}

/** Does it. Throws what `mustBeAble` throws, and ShakedownError when it fails. */
export async function takeAct(
  owner: Owner,
  what: MachineAct,
  known: KnownKinds,
  ctx: Pick<RunContext, 'signal' | 'log'>,
): Promise<void> {
  await mustBeAble(owner, what, known);
  const { provider, which } = owner;
  if (what.act === 'reboot' && canReboot(provider)) await provider.reboot(which, ctx);
  if (what.act === 'powerOff' && canPower(provider)) await provider.powerOff(which, ctx);
  if (what.act === 'powerOn' && canPower(provider)) await provider.powerOn(which, ctx);
  if (what.act === 'snapshot' && canSnapshot(provider)) {
    await provider.snapshot({ ...which, name: what.name }, ctx);
  }
  if (what.act === 'restore' && canSnapshot(provider))
    await provider.restore({ ...which, name: what.name }, ctx);
}
