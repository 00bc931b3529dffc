import { join } from 'node:path';
import { asShakedownError, describeFailure, InterruptedError, UsageError } from '../../common/errors.ts';
import { exitCodes } from '../../common/exit-codes.ts';
import { cacheDirectory } from '../context/cache-directory.mjs';
import type { RunContext } from '../context/run-context.ts';
import { chooseProvider } from '../providers/choose.ts';
import { providerNamed } from '../providers/registry.ts';
import { voiceOf } from '../report/voice.ts';
import { watchOutput } from '../report/watch-output.ts';
import { reapDirectory } from '../run/reap/reap.ts';
import { realMachines } from '../run/world/real-machines.ts';
import { help, readFlags, type VirtFlags, wantedMachine } from './flags.ts';
import { MachineTestbed } from './machine-testbed.ts';
import { serve } from './serve.ts';
import { openServerLedger, removeOldLedgers, virtDirectory } from './server-ledger.ts';

/**
 * `shakedown-virt`: an autopkgtest virtualisation server on stdin and stdout; what people read goes
 * to stderr. Gives the exit code: 0 after `quit`, 2 for a wrong command line, 130 after an
 * interrupt, else 3. The machine is gone then.
 */
export async function main(args: readonly string[]): Promise<number> {
  const exitCodeOnceWritten = watchOutput(process);
  const flags = await attempt(() => readFlags(args));
  if (flags === 'help') {
    process.stdout.write(help);
    return exitCodeOnceWritten(exitCodes.pass);
  }
  const code =
    typeof flags === 'number' ? flags : ((await attempt(() => runServer(flags))) ?? exitCodes.pass);
  // A caller that reads no more is no failure: autopkgtest does not once it has said `quit`, and one that
  // was killed has left all of its servers so.
  await exitCodeOnceWritten(code);
  return code;
}

/** What the action gives, or the exit code for what it threw, which has been told. */
async function attempt<T>(action: () => T | Promise<T>): Promise<T | number> {
  try {
    return await action();
  } catch (error) {
    return tellError(error);
  }
}

async function runServer(flags: VirtFlags): Promise<void> {
  const end = new AbortController();
  // While the machine is being destroyed there is nothing that a second interrupt could end sooner.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => end.abort(new InterruptedError()));
  }
  const { signal } = end;
  const cacheDir = cacheDirectory(process.env);
  const kind =
    flags.host === undefined && flags.provider === undefined
      ? await chooseProvider({ signal, cacheDir })
      : { provider: flags.provider ?? 'ssh' };
  if (kind.why !== undefined) tell(kind.why);
  const provider = await providerNamed(kind.provider);
  const wanted = wantedMachine(flags, kind.provider);
  await reapOthers(cacheDir, signal);
  await using own = await openServerLedger(cacheDir);
  const ctx: RunContext = {
    signal,
    emit: (event) => {
      if (event.type === 'note') tell(event.message);
    },
    log: (message) => {
      if (flags.debug) tell(message);
    },
    clock: Date.now,
    cacheDir,
    ledger: own.ledger,
  };
  const { timeout } = flags;
  const copyTimeout = Number(process.env.AUTOPKGTEST_VIRT_COPY_TIMEOUT) || 300;
  const testbed = new MachineTestbed(
    {
      provider,
      makes: flags.host === undefined,
      wanted,
      of: own.name,
      timeout,
      copyTimeout,
      directory: join(own.directory, 'ssh'),
      tell,
    },
    ctx,
  );
  await serve(testbed, {
    input: process.stdin,
    output: process.stdout,
    tell,
    signal,
    hangUp: (reason) => end.abort(reason),
  });
}

/**
 * Finishes what servers that were killed have left; a machine that will not go
 * is no reason not to make another.
 */
async function reapOthers(cacheDir: string, signal: AbortSignal): Promise<void> {
  try {
    const world = { signal, cacheDir, ...realMachines() };
    const { lines, failures } = await reapDirectory(virtDirectory(cacheDir), world);
    for (const line of lines) tell(line);
    for (const { details } of failures) tell(describeFailure(details));
    await removeOldLedgers(cacheDir);
  } catch (error) {
    signal.throwIfAborted();
    tell(
      `what an earlier server left could not be taken away: ${describeFailure(asShakedownError(error).details)}`,
    );
  }
}

const voice = voiceOf(process, 'shakedown-virt');
const tell = (line: string): void => voice.info(line);

function tellError(error: unknown): number {
  if (error instanceof InterruptedError) {
    voice.error('interrupted');
    return exitCodes.interrupted;
  }
  if (error instanceof UsageError) {
    voice.error(error.hint ? `${error.message}\n  try: ${error.hint}` : error.message);
    return exitCodes.usage;
  }
  const known = asShakedownError(error);
  voice.error(describeFailure(known.details));
  if (known !== error && error instanceof Error && error.stack) voice.error(error.stack);
  return exitCodes.error;
}
