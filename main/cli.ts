import {
  asShakedownError,
  describeFailure,
  InterruptedError,
  ShakedownError,
  UsageError,
} from '../common/errors.ts';
import { exitCodes } from '../common/exit-codes.ts';
import { remedyFor } from '../common/system-errors.ts';
import { listenForInterrupts } from './command-line/interrupts.ts';
import { parse } from './command-line/parse.ts';
import { cacheDirectory } from './store/cache-directory.mjs';

process.exit(await main(process.argv));

/** Runs the command that argv names, and gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const interrupts = listenForInterrupts(() => {
    console.error("shakedown: ended at once; 'shakedown reap' takes away what is left.");
    process.exit(exitCodes.interrupted);
  });
  try {
    const asked = parse(argv);
    if (typeof asked === 'number') return asked;
    const command = await asked.entry.load();
    return await command(asked.args, asked.options, {
      cwd: process.cwd(),
      env: process.env,
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      cacheDir: cacheDirectory(process.env),
      ...interrupts,
    });
  } catch (error) {
    return tell(error);
  }
}

/** Says what went wrong on stderr; a stack trace only for what is our own mistake. */
function tell(error: unknown): number {
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  if (error instanceof UsageError) {
    console.error(`shakedown: ${error.message}`);
    if (error.hint) console.error(`  try: ${error.hint}`);
    return exitCodes.usage;
  }
  const known = asShakedownError(error);
  console.error(`shakedown: ${describeFailure(known.details)}`);
  const ours = error instanceof ShakedownError || remedyFor(error) !== undefined;
  if (error instanceof Error && !ours) console.error(error.stack);
  return known.verdict === 'fail' ? exitCodes.fail : exitCodes.error;
}
