import { exitCodes } from '../common/exit-codes.ts';
import { listenForInterrupts } from './commands/command-line/interrupts.ts';
import { parse } from './commands/command-line/parse.ts';
import { cacheDirectory } from './context/cache-directory.mjs';
import { watchOutput } from './report/watch-output.ts';

const exitCodeOnceWritten = watchOutput(process);
// Node itself would end with 1, which says that the system under test is wrong.
process.on('uncaughtException', async (error) => {
  const { tellFailure } = await import('./report/tell-failure.ts');
  process.exit(await exitCodeOnceWritten(tellFailure(error, process)));
});
process.exit(await exitCodeOnceWritten(await main(process.argv)));

/** Runs the command that argv names, and gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const interrupts = listenForInterrupts(() => {
    process.stderr.write("shakedown: ended at once; 'shakedown reap' takes away what is left.\n");
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
    // Loaded when there is something to say.
    const { tellFailure } = await import('./report/tell-failure.ts');
    return tellFailure(error, process);
  }
}
