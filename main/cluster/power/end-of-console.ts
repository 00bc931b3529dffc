import { open } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';

/**
 * Bytes at a console's end in which its last lines are looked for: a machine may have printed without end.
 */
const tail = 64 * 1024;

/**
 * The last 15 lines of what a machine printed on its console, without empty
 * ones; none where that is not kept.
 */
export async function endOfConsole(consoleLog: string | undefined): Promise<readonly string[]> {
  if (consoleLog === undefined) return [];
  const text = await readEnd(consoleLog).catch(() => '');
  return stripVTControlCharacters(text).trimEnd().split(/\r?\n/).filter(Boolean).slice(-15);
}

async function readEnd(path: string): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(tail), 0, tail, Math.max(0, size - tail));
  return buffer.toString('utf8', 0, bytesRead);
}
