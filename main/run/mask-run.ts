import { relative } from 'node:path';
import type { RunEventBody } from '../../common/events.ts';
import { present } from '../../common/present.ts';
import { type MaskedFile, maskFiles } from '../secrets/mask-files.ts';
import type { Secrets } from '../secrets/secrets.ts';

/** Files of one node that are named; of more, how many there are. */
const named = 20;

/** Masks the secrets in all that a run has left so far, and tells in which files that was needed. */
export async function maskRun(
  directory: string,
  secrets: Secrets,
  emit: (event: RunEventBody) => void,
): Promise<void> {
  const byNode = Map.groupBy(await maskFiles(directory, secrets), ({ file }) => nodeOf(file, directory));
  for (const [node, files] of byNode) {
    const lines = files.slice(0, named).map((each) => inWords(each, directory));
    if (files.length > named) lines.push(`secrets were masked in ${files.length - named} more files`);
    for (const message of lines) emit({ type: 'note', message, ...present({ node }) });
  }
}

function nodeOf(file: string, directory: string): number | undefined {
  const [, id] = /^nodes\/(\d+)\//.exec(relative(directory, file)) ?? [];
  return id === undefined ? undefined : Number(id);
}

function inWords({ file, names, problem }: MaskedFile, directory: string): string {
  const where = relative(directory, file);
  if (problem !== undefined) return `it could not be seen whether ${where} holds a secret: ${problem}`;
  return `masked in ${where}: ${names.join(', ')}`;
}
