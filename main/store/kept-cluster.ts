import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError, UsageError } from '../../common/errors.ts';
import type { ScenarioFlags } from '../config/flags.ts';
import type { Cluster } from '../providers/provider.ts';
import { writeWhole } from './run-folders.ts';

/** The machines that the current folder's latest run uses or kept: `.shakedown/cluster.json`. */
export interface KeptCluster {
  readonly cluster: Cluster;
  /** More clusters whose machines are among those of `cluster`: a script's, on machines of several kinds. */
  readonly others?: readonly (Omit<Cluster, 'machines'> & { readonly first?: number })[];
  /**
   * The id here of the machine that is the cluster's own first, where others come before it; so for `others`.
   */
  readonly first?: number;
  /** The scenario's folder, absolute. */
  readonly scenario: string;
  /** Those that the scenario was loaded with; their paths are relative to the current folder. */
  readonly flags: ScenarioFlags;
  /** The run that made it. */
  readonly run: string;
  /** Each node's working directory, so that borrowed machines can be given back; by node id. */
  readonly workingDirs: readonly string[];
  /** False while its run is still under way. */
  readonly kept: boolean;
}

const fileIn = (directory: string): string => join(directory, '.shakedown', 'cluster.json');

/** The machines of this folder, if there are any. Throws UsageError when the file is damaged. */
export async function readKeptCluster(directory: string): Promise<KeptCluster | undefined> {
  const file = fileIn(directory);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    throw new UsageError(`${file} is damaged, so the machines that it names cannot be used.`, {
      hint: `shakedown reap --kept, then rm ${file}`,
    });
  }
}

export async function writeKeptCluster(directory: string, kept: KeptCluster): Promise<void> {
  await writeWhole(fileIn(directory), `${JSON.stringify(kept, undefined, 2)}\n`);
}

/**
 * Changes some of what is remembered of this folder's machines. Throws ShakedownError when there are none.
 */
export async function changeKeptCluster(directory: string, changes: Partial<KeptCluster>): Promise<void> {
  const there = await readKeptCluster(directory);
  if (!there) throw new ShakedownError({ message: `${fileIn(directory)} has gone while it was in use` });
  await writeKeptCluster(directory, { ...there, ...changes });
}

export async function removeKeptCluster(directory: string): Promise<void> {
  await rm(fileIn(directory), { force: true });
}
