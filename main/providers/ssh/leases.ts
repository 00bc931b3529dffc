import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { ShakedownError } from '../../../common/errors.ts';
import { isAlive, type ProcessIdentity, processIdentity } from '../../../common/process-identity.ts';
import type { ListedCluster, SshTarget } from '../provider.ts';

/** Who has a machine. */
export interface Lease {
  readonly cluster: string;
  readonly owner: ProcessIdentity;
  /** The folder that its run is in, for a person to find it. */
  readonly directory: string;
  /** ms since the epoch. */
  readonly since: number;
  /** It stays taken without its process (`--keep`). */
  readonly kept: boolean;
}

/** A machine that did not answer, and when it was found so. */
export interface SetAside {
  readonly reason: string;
  /** ms since the epoch. */
  readonly since: number;
}

/** One user's word on one machine. */
interface Note {
  readonly machine: string;
  readonly lease?: Lease | undefined;
  readonly aside?: SetAside | undefined;
}

/** For every user of this main host, and it outlives a reboot, as kept machines do. */
const sharedFolder = '/var/tmp/shakedown-leases';

/**
 * Which machines that exist are in use by whom, for all runs on this main host. Each user has a file for each machine:
 * nobody can change another's. A lease whose process is dead and which was not kept counts for nothing. Choosing goes
 * on under a lock of the folder (flock(1)), which ends with its process.
 */
export class Leases {
  readonly #folder: string;

  constructor(folder = sharedFolder) {
    this.#folder = folder;
  }

  /**
   * Takes the first `count` machines that nobody has, those that were set aside last, and gives their places in the
   * list; fewer when there are no more. Two processes that do so at the same time take different ones.
   */
  take(cluster: string, machines: readonly string[], count: number): Promise<readonly number[]> {
    return this.#locked(async () => {
      const notes = await this.#notes();
      const about = machines.map((machine) => notes.filter((note) => note.machine === machine));
      const asideSince = (index: number) =>
        Math.max(0, ...(about[index] ?? []).map(({ aside }) => aside?.since ?? 0));
      const taken = [...machines.keys()]
        .filter((index) => !about[index]?.some(({ lease }) => inUse(lease)))
        .toSorted((one, other) => asideSince(one) - asideSince(other))
        .slice(0, count)
        .toSorted((one, other) => one - other);
      const lease = {
        cluster,
        owner: processIdentity(),
        directory: process.cwd(),
        since: Date.now(),
        kept: false,
      };
      for (const index of taken) await this.#write({ machine: machines[index] ?? '', lease });
      return taken;
    });
  }

  /** Who has the machine, if anybody. */
  async holder(machine: string): Promise<Lease | undefined> {
    const notes = await this.#notes();
    return notes.find((note) => note.machine === machine && inUse(note.lease))?.lease;
  }

  /** Gives one machine back, and remembers why it was of no use: it is the last to be taken again. */
  setAside(machine: string, reason: string): Promise<void> {
    return this.#locked(() => this.#write({ machine, aside: { reason, since: Date.now() } }));
  }

  /** Gives back all machines of a cluster. */
  release(cluster: string): Promise<void> {
    return this.#ofCluster(cluster, ({ file }) => rm(file, { force: true }));
  }

  /** The machines of a cluster stay taken when its process is over. */
  keep(cluster: string): Promise<void> {
    return this.#ofCluster(cluster, ({ machine, lease }) =>
      this.#write({ machine, lease: { ...lease, kept: true } }),
    );
  }

  /** Every cluster that has machines. */
  async list(): Promise<readonly ListedCluster[]> {
    const leases = (await this.#notes()).flatMap(({ lease }) => lease ?? []);
    const clusters = leases.map(({ cluster: id, owner, kept }) => ({ id, ownerAlive: isAlive(owner), kept }));
    return [...new Map(clusters.map((cluster) => [cluster.id, cluster])).values()];
  }

  async #ofCluster(
    cluster: string,
    action: (note: Note & { readonly file: string; readonly lease: Lease }) => Promise<void>,
  ): Promise<void> {
    const mine = async () =>
      (await this.#notes()).flatMap((note) =>
        note.lease?.cluster === cluster ? [{ ...note, lease: note.lease }] : [],
      );
    if ((await mine()).length === 0) return;
    await this.#locked(async () => {
      for (const note of await mine()) await action(note);
    });
  }

  async #notes(): Promise<readonly (Note & { readonly file: string })[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const files = names.filter((name) => name.endsWith('.json')).map((name) => join(this.#folder, name));
    return (await Promise.all(files.map(readNote))).flat();
  }

  async #write(note: Note): Promise<void> {
    const file = join(this.#folder, `${encodeURIComponent(note.machine)}.${process.getuid?.() ?? 0}.json`);
    const fresh = `${file}.${process.pid}`;
    await writeFile(fresh, JSON.stringify(note), { mode: 0o644 });
    await rename(fresh, file);
  }

  async #locked<Result>(action: () => Promise<Result>): Promise<Result> {
    await ensureShared(this.#folder);
    // flock holds the folder for as long as its child's stdin, which is ours, is open.
    const lock = execa('flock', [this.#folder, 'sh', '-c', 'echo locked; exec cat'], { reject: false });
    const locked = new Promise<true>((resolve) => lock.stdout.once('data', () => resolve(true)));
    try {
      const outcome = await Promise.race([locked, lock]);
      if (outcome === true) return await action();
      throw new ShakedownError({
        message: `${this.#folder} cannot be locked: ${outcome.stderr || outcome.message}`,
        hint: 'apt-get install util-linux',
      });
    } finally {
      lock.stdin.end();
      await lock;
    }
  }
}

/** The name of a machine for a lease: where ssh ends up, so that its other names stand for it too. */
export const leaseName = ({ host, port, jumps = [] }: SshTarget, address = host): string =>
  [`${address}:${port}`, ...jumps.map((jump) => `${jump.host}:${jump.port}`).toReversed()].join(' via ');

const inUse = (lease: Lease | undefined): boolean =>
  lease !== undefined && (lease.kept || isAlive(lease.owner));

/** What is being written, was just removed or is damaged says nothing. */
async function readNote(file: string): Promise<readonly (Note & { readonly file: string })[]> {
  try {
    return [{ ...JSON.parse(await readFile(file, 'utf8')), file }];
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
