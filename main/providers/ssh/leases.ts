import { isAlive, processIdentity } from '../../../common/processes/process-identity.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import type { ListedCluster } from '../provider.ts';
import { type FoundNote, type Lease, LeaseFolder, type Note, sharedFolder } from './lease-folder.ts';

/** ms: a machine that did not answer yesterday may be well again. */
const asideFor = 86_400_000;

/**
 * Which machines that exist are in use by whom, for all runs on this main host. Each user has a file for each
 * machine: nobody can change another's. A lease whose process is dead and which was not kept counts for
 * nothing. Choosing goes on under a lock of the folder (flock(1)), which ends with its process.
 */
export class Leases {
  readonly #folder: LeaseFolder;

  constructor(folder = sharedFolder) {
    this.#folder = new LeaseFolder(folder);
  }

  /**
   * Takes the first `count` machines that nobody has, those that were set aside last, and gives
   * their places in the list; fewer when there are no more, and none twice. Two processes that
   * do so at the same time take different ones.
   */
  take(cluster: string, machines: readonly string[], count: number): Promise<readonly number[]> {
    return this.#folder.locked(async () => {
      const notes = await this.#folder.notes();
      await this.#forget(notes);
      const about = machines.map((machine) => notes.filter((note) => note.machine === machine));
      const asideSince = (index: number) =>
        Math.max(0, ...(about[index] ?? []).map(({ aside }) => aside?.since ?? 0));
      const taken = [...machines.keys()]
        .filter((index) => machines.indexOf(machines[index] ?? '') === index)
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
      for (const index of taken) await this.#folder.write({ machine: machines[index] ?? '', lease });
      return taken;
    });
  }

  /** Who has the machine, if anybody. */
  async holder(machine: string): Promise<Lease | undefined> {
    const notes = await this.#folder.notes();
    return notes.find((note) => note.machine === machine && inUse(note.lease))?.lease;
  }

  /** Gives one machine back, and remembers why it was of no use: it is the last to be taken again. */
  setAside(machine: string, reason: string): Promise<void> {
    return this.#folder.locked(() => this.#folder.write({ machine, aside: { reason, since: Date.now() } }));
  }

  /** Gives back all machines of a cluster. */
  release(cluster: string): Promise<void> {
    return this.#ofCluster(cluster, (note) => this.#folder.remove(note));
  }

  /** The machines of a cluster stay taken when its process is over. */
  keep(cluster: string): Promise<void> {
    return this.#ofCluster(cluster, ({ machine, lease }) =>
      this.#folder.write({ machine, lease: { ...lease, kept: true } }),
    );
  }

  /** Every cluster that has machines. */
  async list(): Promise<readonly ListedCluster[]> {
    const leases = (await this.#folder.notes()).flatMap(({ lease }) => lease ?? []);
    const clusters = leases.map(({ cluster: id, owner, kept }) => ({
      id,
      ownerAlive: isAlive(owner),
      kept,
      borrowed: true,
    }));
    return [...new Map(clusters.map((cluster) => [cluster.id, cluster])).values()];
  }

  async #ofCluster(
    cluster: string,
    action: (note: FoundNote & { readonly lease: Lease }) => Promise<void>,
  ): Promise<void> {
    const mine = async () =>
      (await this.#folder.notes()).flatMap((note) =>
        note.lease?.cluster === cluster ? [{ ...note, lease: note.lease }] : [],
      );
    if ((await mine()).length === 0) return;
    await this.#folder.locked(async () => {
      for (const note of await mine()) await action(note);
    });
  }

  /** Removes our own notes that count for nothing any more. */
  async #forget(notes: readonly FoundNote[]): Promise<void> {
    const old = ({ lease, aside }: Note) => !lease && (aside?.since ?? 0) < Date.now() - asideFor;
    for (const note of notes.filter(old)) await this.#folder.remove(note).catch(() => undefined);
  }
}

/** The name of a machine for a lease: where ssh ends up, so that its other names stand for it too. */
export const leaseName = ({ host, port, jumps = [] }: SshTarget, address = host): string =>
  [`${address}:${port}`, ...jumps.map((jump) => `${jump.host}:${jump.port}`).toReversed()].join(' via ');

const inUse = (lease: Lease | undefined): boolean =>
  lease !== undefined && (lease.kept || isAlive(lease.owner));

/** Who has a machine, and since when: `kept in /home/me/other since 2026-11-21 08:47 UTC`. */
export function useOf({ kept, owner, directory, since }: Lease): string {
  const begin = new Date(since).toISOString().slice(0, 16).replace('T', ' ');
  return `${kept ? 'kept' : `in use by process ${owner.pid}`} in ${directory} since ${begin} UTC`;
}
