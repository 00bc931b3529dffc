import { readFileSync, type StatsFs, statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { printableLine } from '../../common/text/printable.ts';
import { inColumns } from './columns.ts';
import { unescaped } from './mounts.ts';

/** A file system where it is mounted, as the kernel tells of it (proc(5), /proc/PID/mountinfo). */
export interface MountedFileSystem {
  /** Its device's numbers: `254:0`. */
  readonly device: string;
  /** The part of it that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly kind: string;
  /** A device's file, or what its kind makes of it. */
  readonly source: string;
}

/** The file systems of this node and their room, as `df -h` (df(1)) shows them. */
export async function fileSystems(): Promise<string> {
  const mounts = shownMounts(parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')));
  const rooms = await Promise.all(mounts.map(roomOf));
  const rows = mounts.flatMap(({ source, point }, index) => {
    const room = rooms[index];
    const cells = room === undefined ? ['-', '-', '-', '-'] : cellsOf(room);
    // Those of the kernel's own have no room at all.
    return room?.blocks === 0 ? [] : [[printableLine(source), ...cells, printableLine(point)]];
  });
  const heads = ['Filesystem', 'Size', 'Used', 'Avail', 'Use%', 'Mounted on'];
  return inColumns([heads, ...rows], ['Size', 'Used', 'Avail', 'Use%']);
}

export const parseMountInfo = (text: string): MountedFileSystem[] =>
  text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device = '', root = '', point = ''] = before.split(' ');
    const [kind = '', source = ''] = after.split(' ');
    if (point === '') return [];
    return [{ device, kind, root: unescaped(root), point: unescaped(point), source: unescaped(source) }];
  });

/**
 * One for each file system: that which is mounted nearest to the root, as df(1) has it. What lies under
 * another one is not seen.
 */
export function shownMounts(all: readonly MountedFileSystem[]): MountedFileSystem[] {
  const uppermost = new Map(all.map((mount) => [mount.point, mount]));
  const shown = new Map<string, MountedFileSystem>();
  for (const mount of all) {
    const other = shown.get(mount.device);
    if (empty.test(mount.kind) || uppermost.get(mount.point) !== mount) continue;
    if (other && !isBetter(mount, other)) continue;
    shown.delete(mount.device);
    shown.set(mount.device, mount);
  }
  return [...shown.values()];
}

function isBetter(one: MountedFileSystem, other: MountedFileSystem): boolean {
  if (one.source.includes('/') && !other.source.includes('/')) return true;
  return one.point.length < other.point.length && one.root.length <= other.root.length;
}

/** Those that another machine or a program serves: nobody knows when they answer. */
const slow = /^(nfs|cifs|smb|fuse|9p|virtiofs|vboxsf|ceph|beegfs|coda|afs|gfs|ocfs|lustre)/;

/**
 * Those that hold no files, which df(1) leaves out, too. To ask of one of autofs has it mount another one.
 */
const empty = /^(autofs|proc|sysfs|debugfs|devpts|fusectl|fuse\.portal|mqueue|rpc_pipefs)$/;

/** Undefined where it does not tell, or not within five seconds. */
async function roomOf(mount: MountedFileSystem): Promise<StatsFs | undefined> {
  try {
    if (!slow.test(mount.kind)) return statfsSync(mount.point);
    return await Promise.race([statfs(mount.point), sleep(5000, undefined, { ref: false })]);
  } catch {
    return undefined;
  }
}

function cellsOf({ blocks, bfree, bavail, bsize }: StatsFs): string[] {
  const used = blocks - bfree;
  const share = used + bavail > 0 ? `${Math.ceil((used * 100) / (used + bavail))}%` : '-';
  return [...[blocks, used, bavail].map((count) => inUnits(count * bsize)), share];
}

/** `0`, `4.0K`, `17M`: not less than it is, as df(1) has it. */
function inUnits(bytes: number): string {
  let value = bytes;
  for (const unit of ['', 'K', 'M', 'G', 'T', 'P']) {
    const rounded = value < 10 && unit !== '' ? Math.ceil(value * 10) / 10 : Math.ceil(value);
    if (rounded < 1024)
      return rounded < 10 && unit !== '' ? `${rounded.toFixed(1)}${unit}` : `${rounded}${unit}`;
    value /= 1024;
  }
  return `${Math.ceil(value)}E`;
}
