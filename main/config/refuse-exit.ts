let isRefused = false;

/**
 * From now on has `process.exit` throw where a file of the user's calls it while its URL has
 * this mark: it would end the whole program, without a word and with an exit code that means
 * something else. All others end as ever.
 */
export function refuseExit(mark: string): void {
  if (isRefused) return;
  isRefused = true;
  const { exit } = process;
  process.exit = (code) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 100;
    const error = new Error(`calls process.exit with ${code ?? 'no code'}: throw an error instead`);
    Error.stackTraceLimit = stackTraceLimit;
    if (error.stack?.includes(`?${mark}=`)) throw error;
    return exit.call(process, code);
  };
}
