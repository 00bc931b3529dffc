import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** The variable that says to a server or worker where it shall tell that it is ready. */
export const readyVariable = 'SHAKEDOWN_READY_FILE';

/**
 * Tells whoever started this process and waits what it has to say: an address, a first token. False when
 * nobody does.
 */
export function tellReady(env: NodeJS.ProcessEnv, lines: readonly string[]): boolean {
  const file = env[readyVariable];
  if (file === undefined) return false;
  // What this process starts is none of that.
  delete env[readyVariable];
  writeFileSync(`${file}.new`, `${JSON.stringify(lines)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return true;
}

export const forgetReady = (file: string): void => rmSync(file, { force: true });

/** What was told; undefined when it is not ready yet. */
export function readReady(file: string): readonly string[] | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : undefined;
}

/** Keeps the first line alone: what follows was for whoever started it. */
export function keepFirst(file: string): void {
  const [first = ''] = readReady(file) ?? [];
  writeFileSync(file, `${JSON.stringify([first])}\n`, { mode: 0o600 });
}
