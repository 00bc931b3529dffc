import { realpathSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ProcessIdentity, processIdentity } from '../../common/processes/process-identity.ts';
import { privateFolder, writeWhole } from './run-folders.ts';

/** The run that makes a cluster. */
export interface RunName {
  /** The folder that has the run in its `.shakedown/`, absolute. */
  readonly folder: string;
  readonly run: string;
}

const originSchema = z.object({
  id: z.string(),
  provider: z.string(),
  folder: z.string(),
  run: z.string(),
  /** ms since the epoch. */
  since: z.number(),
  owner: z.object({
    pid: z.number(),
    startTime: z.exactOptional(z.string()),
    bootId: z.exactOptional(z.string()),
  }) satisfies z.ZodType<ProcessIdentity>,
});

/** Where a cluster comes from: whose it is, for whoever finds it on this main host. */
export type ClusterOrigin = z.infer<typeof originSchema>;

const homeOf = (cacheDir: string): string => join(cacheDir, 'clusters');
const fileOf = (id: string, cacheDir: string): string => join(homeOf(cacheDir), `${id}.json`);

/** Notes whose cluster this is going to be; to be called by its maker, before anything of it is made. */
export async function noteOrigin(
  cluster: { readonly id: string; readonly provider: string },
  { folder, run }: RunName,
  { cacheDir, clock }: { readonly cacheDir: string; readonly clock: () => number },
): Promise<void> {
  const { id, provider } = cluster;
  const of = { folder: realFolder(folder), run, since: clock(), owner: processIdentity() };
  await mkdir(homeOf(cacheDir), { recursive: true, mode: privateFolder });
  await writeWhole(fileOf(id, cacheDir), `${JSON.stringify({ id, provider, ...of })}\n`);
}

/** Nothing of the cluster is there any more. */
export const forgetOrigin = (id: string, cacheDir: string): Promise<void> =>
  rm(fileOf(id, cacheDir), { force: true });

/** What is noted of clusters of this user's, by their ids. A note that is damaged is as one that is lost. */
export async function clusterOrigins(cacheDir: string): Promise<ReadonlyMap<string, ClusterOrigin>> {
  const names = (await readdir(homeOf(cacheDir)).catch(() => [])).filter((name) => name.endsWith('.json'));
  const read = await Promise.all(names.map((name) => readOrigin(join(homeOf(cacheDir), name))));
  return new Map(read.flatMap((origin) => (origin ? [[origin.id, origin]] : [])));
}

async function readOrigin(file: string): Promise<ClusterOrigin | undefined> {
  try {
    return originSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The same folder under whatever name; one that has gone keeps the name that it had. */
export function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
