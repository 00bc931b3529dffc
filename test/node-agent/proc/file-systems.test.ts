import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { fileSystems, parseMountInfo, shownMounts } from '../../../node-agent/proc/file-systems.ts';

const shownByDf = (): string[] =>
  execFileSync('df', ['-h', '--output=target,size'], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().replace(/ +/, ' '));

describe('the file systems of a node', () => {
  test('are those that df(1) shows, with their sizes', async () => {
    const before = shownByDf();
    const lines = (await fileSystems()).trimEnd().split('\n').slice(1);
    const after = shownByDf();
    const rows = lines.map((line) => line.split(/ +/)).map(([, size, , , , point]) => `${point} ${size}`);
    // Others mount something meanwhile.
    expect(rows).toEqual(expect.arrayContaining(before.filter((row) => after.includes(row))));
    expect([...before, ...after]).toEqual(expect.arrayContaining(rows));
  });

  test('are shown once each, where they are nearest to the root; spaces in names are spaces', () => {
    const table = parseMountInfo(`27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 254:0 /usr/lib/os-release /run/host/os-release ro - ext4 /dev/vda rw
31 27 0:40 / /mnt/long/way rw - tmpfs tmpfs rw
32 27 0:40 / /mnt/short rw - tmpfs tmpfs rw
33 27 254:16 / /mnt/my\\040disk rw,relatime master:1 propagate_from:2 - ext4 /dev/vdb rw
`);
    expect(shownMounts(table).map(({ point }) => point)).toEqual(['/', '/mnt/short', '/mnt/my disk']);
  });

  test('are not those of autofs, which mounts another one when it is asked', () => {
    const table = parseMountInfo(`27 1 254:0 / / rw - ext4 /dev/vda rw
30 27 0:50 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw,fd=29
`);
    expect(shownMounts(table).map(({ point }) => point)).toEqual(['/']);
  });

  test('are not those that lie under another one', () => {
    const table = parseMountInfo(`27 1 254:0 / / rw - ext4 /dev/vda rw
30 27 254:16 / /mnt rw - ext4 /dev/vdb rw
31 27 254:32 / /mnt rw - xfs /dev/vdc rw
`);
    expect(shownMounts(table).map(({ source }) => source)).toEqual(['/dev/vda', '/dev/vdc']);
  });
});
