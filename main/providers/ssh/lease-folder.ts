import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { ShakedownError } from '../../../common/errors.ts';

const leaseSchema = z.object({
  cluster: z.string(),
  owner: z.object({
    pid: z.number(),
    startTime: z.exactOptional(z.string()),
    bootId: z.exactOptional(z.string()),
  }),
  /** The folder that its run is in, for a person to find it. */
  directory: z.string(),
  /** ms since the epoch. */
  since: z.number(),
  /** It stays taken without its process (`--keep`). */
  kept: z.boolean(),
});

const noteSchema = z.object({
  machine: z.string(),
  lease: leaseSchema.optional(),
  /** It did not answer; `since` in ms since the epoch. */
  aside: z.object({ reason: z.string(), since: z.number() }).optional(),
});

/** Who has a machine. */
export type Lease = z.infer<typeof leaseSchema>;
/** One user's word on one machine. */
export type Note = z.infer<typeof noteSchema>;

/** A note as it was read. */
export type FoundNote = Note & { readonly file: string };

/** For every user of this main host, and it outlives a reboot, as kept machines do. */
export const sharedFolder = '/var/tmp/shakedown-leases';

/** The notes of all users on machines, one file for each user and machine: nobody can change another's. */
export class LeaseFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async notes(): Promise<readonly FoundNote[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const files = names.filter((name) => name.endsWith('.json')).map((name) => join(this.#folder, name));
    return (await Promise.all(files.map(readNote))).flat();
  }

  /** Replaces our own note on the machine; to be called under the lock. */
  async write(note: Note): Promise<void> {
    const file = join(this.#folder, `${encodeURIComponent(note.machine)}.${process.getuid?.() ?? 0}.json`);
    const fresh = `${file}.new`;
    await writeFile(fresh, JSON.stringify(note), { mode: 0o644 });
    await rename(fresh, file);
  }

  remove({ file }: FoundNote): Promise<void> {
    return rm(file, { force: true });
  }

  /**
   * Keeps all others out meanwhile, by flock(1), which ends with its process;
   * those who only read are not hindered.
   */
  async locked<Result>(action: () => Promise<Result>): Promise<Result> {
    await ensureShared(this.#folder);
    const lock = holdLock(this.#folder);
    try {
      const refused = await lock.outcome;
      if (refused === undefined) {
        await this.#removeTorn();
        return await action();
      }
      throw new ShakedownError({
        message: `${this.#folder} cannot be locked: ${refused}`,
        hint: 'apt-get install util-linux',
      });
    } finally {
      await lock.release();
    }
  }

  /** Under the lock nobody writes: what is half written is of one who was killed. */
  async #removeTorn(): Promise<void> {
    const torn = (await readdir(this.#folder)).filter((name) => name.endsWith('.new'));
    const remove = (name: string) => rm(join(this.#folder, name), { force: true }).catch(() => undefined);
    await Promise.all(torn.map(remove));
  }
}

interface FolderLock {
  /** Why it could not be had; undefined where it is held. */
  readonly outcome: Promise<string | undefined>;
  /** Never throws. */
  release(): Promise<unknown>;
}

/** flock(1) holds the folder for as long as the stdin of its cat, which is ours, is open. */
function holdLock(folder: string): FolderLock {
  const child = spawn('flock', [folder, 'cat']);
  const said = text(child.stderr);
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', async (code) => resolve((await said).trim() || `flock ended with ${code}`));
  });
  // Where there is no lock, nobody reads it.
  child.stdin.on('error', () => undefined).write('locked\n');
  const locked = once(child.stdout, 'data').then(() => undefined);
  const release = () => {
    child.stdin.end();
    return ended;
  };
  return { outcome: Promise.race([locked, ended]), release };
}

/** What was just removed or is damaged says nothing. */
async function readNote(file: string): Promise<readonly FoundNote[]> {
  try {
    return [{ ...noteSchema.parse(JSON.parse(await readFile(file, 'utf8'))), file }];
  } catch {
    return [];
  }
}

async function ensureShared(folder: string): Promise<void> {
  if (!existsSync(folder)) {
    await mkdir(folder, { recursive: true });
    // Like /tmp: everybody may add, and nobody takes away what is another's.
    await chmod(folder, 0o1777);
  }
  if ((await lstat(folder)).isDirectory()) return;
  throw new ShakedownError({
    message: `${folder} is no folder, so no machine can be leased`,
    hint: `rm ${folder}`,
  });
}
