import { readFile, statfs } from 'node:fs/promises';
import { execa } from 'execa';
import { ShakedownError } from '../../../../common/errors.ts';
import { clusterFiles } from '../cluster-folder.ts';
import { commandOfLxc } from '../vagrant-error.ts';

/** What vagrant-lxc hands to lxc-start as its log (its Driver#start). */
export const lxcLog = (id: string) => ({ LXC_START_LOG_FILE: clusterFiles(id).lxcLog });

/** Bytes: a box takes some hundred megabytes. */
const little = 1024 ** 3;

/**
 * What LXC logged of a start that failed: `lxc-start NAME TIME ERROR    network -
 * …/network.c:f:711 - No such file …`.
 */
export const errorsOf = (log: string): readonly string[] => [
  ...new Set(
    log
      .split('\n')
      .flatMap((line) => /\s(?:ERROR|FATAL)\s+\w+ - \S+:\d+ - (.*)$/.exec(line)?.[1] ?? [])
      .filter((text) => text !== ''),
  ),
];

/**
 * The failure of `vagrant up` with what LXC says of it: vagrant-lxc tells which of its commands
 * failed and not why. Other errors as they are.
 */
export async function withReason(error: unknown, id: string): Promise<unknown> {
  if (!(error instanceof ShakedownError) || !error.message.includes('ExecuteError')) return error;
  const { lastLines = [] } = error.details;
  const found = await lookAt(commandOfLxc(lastLines.join('\n')), id);
  return new ShakedownError({ ...error.details, lastLines: [...lastLines, ...found.slice(0, 3)] });
}

async function lookAt(command: string | undefined, id: string): Promise<readonly string[]> {
  if (command === 'lxc-create') return tightSpace();
  if (command !== 'lxc-start') return [];
  return errorsOf(await readFile(clusterFiles(id).lxcLog, 'utf8').catch(() => ''));
}

/** How much is left where containers are unpacked, if that is little. */
async function tightSpace(): Promise<readonly string[]> {
  const { stdout } = await execa('lxc-config', ['lxc.lxcpath'], { reject: false });
  const folder = stdout?.trim() || '/var/lib/lxc';
  const left = await statfs(folder).catch(() => undefined);
  if (left === undefined || left.bavail * left.bsize >= little) return [];
  return [`${Math.round((left.bavail * left.bsize) / 1024 ** 2)} MB are left in ${folder}`];
}
