import { join } from 'node:path';
import { TimeLimitError } from '../../../common/errors.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import { exitCodeOf } from '../../remotes/commands/exit-code.ts';
import type { Remote } from '../../remotes/remote.ts';
import { ScriptOutput } from '../output/script-output.ts';
import { type Aftermath, goingDown, lookAfter } from './machine-loss.ts';
import type { MachineTask, MachineTurn } from './machine-task.ts';
import { type ProcessEnd, runProcess } from './run-process.ts';
import type { ScriptFolder } from './script-folder.ts';
import { hints } from './script-hints.ts';

/** As timeout(1) has it. */
const timedOutCode = 124;

/** What a script came to. */
export interface ScriptEnd {
  readonly exitCode: number;
  readonly timedOut: boolean;
  readonly stdout: ScriptOutput;
  readonly stderr: ScriptOutput;
  readonly problems: readonly string[];
}

export interface Watch {
  readonly remote: Remote;
  readonly folder: ScriptFolder;
  /** The launcher's path on the machine. */
  readonly path: string;
  readonly turn: MachineTurn;
  readonly task: MachineTask;
  readonly signal: AbortSignal;
}

/** Runs the script with its output to its files and to who looks on, and looks at the machine after it. */
export async function watchScript(watch: Watch): Promise<ScriptEnd> {
  const { remote, folder, path, turn, task, signal } = watch;
  const gone = new AbortController();
  const onGone = () => gone.abort();
  const [stdout, stderr] = (['stdout', 'stderr'] as const).map((name) => {
    const file = join(turn.logs, `${name}.log`);
    return new ScriptOutput({ file, live: turn[name], onGone, stop: signal });
  }) as [ScriptOutput, ScriptOutput];
  const { root, tty, timeout } = task;
  const ended = await runProcess(remote, path, {
    ...{ base: folder.base, root, tty, timeout, stdout, stderr },
    signal: AbortSignal.any([signal, gone.signal]),
  });
  if (remote.lost.aborted) throw remote.lost.reason;
  const exitCode = codeOf(ended, gone.signal.aborted);
  const end = { exitCode, timedOut: ended.timedOut, stdout, stderr };
  if (signal.aborted) return { ...end, problems: [] };
  const aftermath = await aftermathOf(watch);
  if (aftermath.goingDown) throw goingDown();
  const { interpreter } = task.parcel.script;
  const lastLines = [...stdout.lastLines(20), ...stderr.lastLines(20)];
  const problems = [
    ...hints({
      exitCode,
      lastLines,
      tty: tty !== false,
      interpreter,
      aftermath,
      stays: task.stays(exitCode),
    }),
    ...notLogged([stdout, stderr]),
  ];
  return { ...end, problems };
}

/** 141, as in a shell, where who read the live output went away, so that the script was ended. */
function codeOf(ended: ProcessEnd, readerGone: boolean): number {
  if (ended.timedOut) return timedOutCode;
  return readerGone ? exitCodes.brokenPipe : exitCodeOf(ended);
}

/** A machine that does not say how it is after the script is left alone: the script's word counts. */
async function aftermathOf({ remote, folder, task, signal }: Watch): Promise<Aftermath> {
  try {
    const { root, parcel } = task;
    return await lookAfter(remote, folder.base, parcel.script.interpreter, { root, signal, timeout: 15 });
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    return { held: '', left: '', goingDown: false, noInterpreter: false };
  }
}

const notLogged = (outputs: readonly ScriptOutput[]): readonly string[] =>
  outputs.flatMap(({ file, logFailure }) =>
    logFailure ? [`${file} has not all of the output: ${logFailure.message}`] : [],
  );
