import { asShakedownError, ShakedownError, TimeLimitError } from '../../../common/errors.ts';
import { actInWords, type MachineAct, starts } from '../../../common/machine-acts.ts';
import { limited, withTimeLimit } from '../../../common/time-limit.ts';
import type { RunContext } from '../../context/run-context.ts';
import { type KnownKinds, type Owner, takeAct } from '../../providers/machine-acts.ts';
import type { Machine } from '../../providers/provider.ts';
import { awaitNextBoot, bootOf } from '../../remotes/next-boot.ts';
import type { Remote } from '../../remotes/remote.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import { endOfConsole } from './end-of-console.ts';

export interface ActOptions extends Pick<RunContext, 'signal' | 'log'> {
  readonly connect: (target: SshTarget, options: { signal: AbortSignal; timeout: number }) => Promise<Remote>;
  /**
   * Seconds that its kind has to do it, and then as many that the machine has until it answers by ssh again.
   */
  readonly timeout: number;
  /** All kinds of machine that there are, to name those that can what this one cannot. */
  readonly kinds: KnownKinds;
}

/**
 * Does something to a whole machine and, where that starts it, waits until it answers by ssh again: that
 * connection is given, for the caller to dispose of. `remote` is a connection to it from before, if there is
 * one; `done` is called when only the machine's answer is missing. Throws UsageError for a snapshot's name
 * that is none; ShakedownError when its kind cannot do it, when it fails, and, with the console's last lines,
 * when the machine does not come back in time.
 */
export async function actOnMachine(
  machine: Machine,
  owner: Owner,
  what: MachineAct,
  options: ActOptions & { readonly remote?: Remote | undefined; readonly done?: () => void },
): Promise<Remote | undefined> {
  const { signal, remote, kinds, timeout, log } = options;
  const before = what.act === 'reboot' && remote ? await bootBefore(remote, signal) : undefined;
  const limit = limited(timeout, signal);
  try {
    await takeAct(owner, what, kinds, { signal: limit, log });
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted) throw located(error, machine);
    const lastLines = await endOfConsole(machine.consoleLog);
    throw located(new TimeLimitError(`'${actInWords(what)}'`, timeout, { lastLines }), machine);
  }
  options.done?.();
  return starts(what) ? answerOf(machine, what, before, options) : undefined;
}

/** What tells the boot that is to end; undefined for a machine that does not say so, as one that hangs. */
async function bootBefore(remote: Remote, signal: AbortSignal): Promise<string | undefined> {
  const soon = { what: 'an answer', seconds: 10, signal };
  const boot = await withTimeLimit(soon, (stop) => bootOf(remote, stop)).catch(() => '');
  signal.throwIfAborted();
  return boot.trim() === '' ? undefined : boot;
}

async function answerOf(
  machine: Machine,
  what: MachineAct,
  before: string | undefined,
  { connect, signal, timeout }: ActOptions,
): Promise<Remote> {
  const open = (left: number) => connect(machine.ssh, { signal, timeout: left });
  try {
    return await (before === undefined ? open(timeout) : awaitNextBoot(before, open, { signal, timeout }));
  } catch (error) {
    signal.throwIfAborted();
    const why = asShakedownError(error).message;
    const lastLines = await endOfConsole(machine.consoleLog);
    throw new ShakedownError(
      {
        message: `it did not come back after '${actInWords(what)}': ${why}`,
        node: machine.id,
        address: machine.address,
        lastLines,
        hint: 'look at its console; if it only needs longer: timeouts: { boot: SECONDS } in the main config, --wait with a command',
      },
      { cause: error },
    );
  }
}

/** A part of a mixed cluster counts its machines for itself: the node is named as the whole cluster does. */
function located(error: unknown, { id, address }: Machine): unknown {
  if (!(error instanceof ShakedownError)) return error;
  return new ShakedownError({ ...error.details, node: id, address }, { cause: error.cause });
}
