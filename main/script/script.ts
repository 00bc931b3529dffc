import type { ScriptResult, ScriptRun } from './output/script-result.ts';
import type { ScriptMachine, ScriptOptions } from './script-options.ts';

/**
 * Makes a machine, runs a script on it, gives what it came to, and destroys the machine,
 * whatever happens. A non-zero exit is a result. What the run leaves (whole outputs, log,
 * reports) is in `.shakedown/runs/<id>` of `directory`.
 *
 * Throws UsageError for a mistake in what is asked, before there is a machine; ShakedownError
 * when the machine cannot be had or destroyed, or goes away while the script runs;
 * InterruptedError when `signal` was aborted.
 */
export async function runScript(
  options: ScriptOptions & { readonly machine?: ScriptMachine },
): Promise<ScriptResult> {
  // Configs import this module too, and need none of what it takes to run one.
  return (await import('./run-script.ts')).runScript(options);
}

/**
 * The same on several machines side by side, each with a result or an error of its own. Throws UsageError
 * only: what went wrong is in the result, as is an interrupt.
 */
export async function runScriptOnEach(
  options: ScriptOptions & { readonly machines: readonly ScriptMachine[] },
): Promise<ScriptRun> {
  return (await import('./run-script.ts')).runScriptOnEach(options);
}
