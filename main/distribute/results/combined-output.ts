import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { printableLine } from '../../../common/text/printable.ts';
import { duration, size } from '../../report/words.ts';
import { privateFile } from '../../store/run-folders.ts';
import type { RanProcess } from '../schedule/schedule.ts';

/** Bytes of one process that are taken over: its last ones. */
const mostBytes = 1024 ** 2;
/** Characters that are written together. */
const together = 64 * 1024;

/**
 * Writes `output.log` of a run: what all processes of tests said, one after the other, in the order of their
 * files. Throws as the file system does.
 */
export async function writeCombinedOutput(
  processes: readonly RanProcess[],
  directory: string,
): Promise<void> {
  const all = processes.toSorted(
    (one, other) =>
      byName(one.ran.with[0] ?? '', other.ran.with[0] ?? '') || one.ran.startedAt - other.ran.startedAt,
  );
  const target = createWriteStream(join(directory, 'output.log'), { mode: privateFile });
  await pipeline(Readable.from(parts(all, directory)), target);
}

const byName = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

async function* parts(processes: readonly RanProcess[], directory: string): AsyncGenerator<Buffer | string> {
  const folders = [...new Set(processes.map(({ ran }) => dirname(ran.output)))];
  const said = new Set((await Promise.all(folders.map((folder) => filesIn(directory, folder)))).flat());
  // Of thousands that said nothing, each by itself would be a write.
  let heads = '';
  for (const process of processes) {
    const file = join(directory, process.ran.output);
    const bytes = said.has(process.ran.output) ? (await stat(file)).size : 0;
    heads += headOf(process, bytes);
    if (bytes === 0 && heads.length < together) continue;
    yield heads;
    heads = '';
    if (bytes === 0) continue;
    let last = 0x0a;
    for await (const chunk of createReadStream(file, { start: Math.max(0, bytes - mostBytes) })) {
      last = (chunk as Buffer).at(-1) ?? last;
      yield chunk as Buffer;
    }
    if (last !== 0x0a) yield '\n';
  }
  yield heads;
}

/** None where there is no such folder: nobody said anything. */
async function filesIn(directory: string, folder: string): Promise<readonly string[]> {
  const names = await readdir(join(directory, folder)).catch(() => []);
  return names.map((name) => join(folder, name));
}

/** `=== test/a.sh: pass, 1.2 s on runner 0_1`, and a line for each other file of the process. */
function headOf({ ran, took, files }: RanProcess, bytes: number): string {
  const verdicts = new Map(files.map(({ file, verdict }) => [file, verdict]));
  const lines = ran.with.map((file) => `=== ${printableLine(file)}: ${verdicts.get(file) ?? 'no result'}`);
  const left =
    bytes > mostBytes
      ? `\n=== the last ${size(mostBytes)} of ${size(bytes)}: all of it is in ${ran.output}`
      : '';
  return `${lines.join('\n')}, ${duration(took)} on runner ${ran.runner}${left}\n`;
}
