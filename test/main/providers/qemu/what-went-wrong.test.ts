import { describe, expect, test } from 'vitest';
import { explainStart } from '../../../../main/providers/qemu/explain-start.ts';
import { explainImage } from '../../../../main/providers/qemu/images/base-image.ts';
import { judge, judgeAsUser } from '../../../../main/providers/qemu/probe-host.ts';
import { type QemuSettings, qemuOptionsSchema } from '../../../../main/providers/qemu/qemu-options.ts';
import { mustHaveRoom } from '../../../../main/providers/qemu/room.ts';

const rights = 'caps 000001ffffffffff';

describe('whether virtual machines can be made here', () => {
  test('with all there is, they can', () => expect(judge(rights)).toEqual({ ok: true }));

  test('a missing program is told by its Debian package', () =>
    expect(judge(`missing qemu-system-x86_64\nmissing nft\n${rights}`)).toMatchObject({
      ok: false,
      reason: 'qemu-system-x86_64, nft missing: apt-get install qemu-system-x86 nftables',
      missingPackages: ['qemu-system-x86', 'nftables'],
    }));

  test('without root, in a weak container, or without taps they cannot', () => {
    expect(judge('').reason).toContain('root');
    expect(judge('caps 00000000a80425fb').reason).toContain('privileged');
    expect(judge(`lacks /dev/net/tun\n${rights}`).reason).toContain('/dev/net/tun');
  });
});

describe('whether virtual machines can be made by a user who cannot be root', () => {
  const joe = { username: 'joe', folder: '/home/joe/.local/share/shakedown/qemu' };

  test('with all there is, they can; firewall rules of this host are none of theirs', () =>
    expect(judgeAsUser('', joe)).toEqual({ ok: true }));

  test('missing programs are told by their Debian packages, each once', () =>
    expect(
      judgeAsUser('missing qemu-system-x86_64\nmissing newuidmap\nmissing newgidmap\nlacks subuid', joe),
    ).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/apt-get install qemu-system-x86 uidmap$/),
      missingPackages: ['qemu-system-x86', 'uidmap'],
    }));

  test.each([
    ['lacks subuid', 'usermod --add-subuids'],
    ['lacks userns', 'may not make user namespaces'],
    ['lacks tun', 'chmod 666 /dev/net/tun'],
  ])('what only the administrator can give is told with the command: %s', (printed, told) =>
    expect(judgeAsUser(printed, joe)).toMatchObject({ ok: false, reason: expect.stringContaining(told) }),
  );

  test('a home with a space in its path is none to lie in', () =>
    expect(judgeAsUser('', { ...joe, folder: '/home/joe doe/qemu' })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('/home/joe doe/qemu'),
    }));
});

describe('room on this host', () => {
  const settings = (options: object): QemuSettings => qemuOptionsSchema.parse(options);
  const machines = [0, 1, 2].map((id) => ({ id, name: `n${id}` }));
  const gigabyte = 1024 ** 3;

  test('is enough when all machines can have what they want', () =>
    expect(
      mustHaveRoom(settings({ count: 3 }), machines, { memory: 2 * gigabyte, disk: gigabyte }),
    ).resolves.toBeUndefined());

  test('no memory for one more says how much is wanted, and how much there is', () =>
    expect(
      mustHaveRoom(settings({ count: 3, memory: '1G' }), machines, { memory: 2 * gigabyte, disk: gigabyte }),
    ).rejects.toMatchObject({
      details: {
        message: 'there is no memory for 3 virtual machines: 3072 MiB are wanted and 2048 MiB are free',
        hint: expect.stringContaining('fewer machines'),
      },
    }));

  test('each machine’s own settings count', () =>
    expect(
      mustHaveRoom(settings({ nodes: [{ memory: '3G' }, {}, {}] }), machines, {
        memory: 2 * gigabyte,
        disk: gigabyte,
      }),
    ).rejects.toThrow('4096 MiB are wanted'));

  test('no disk space says where', () =>
    expect(
      mustHaveRoom(settings({ count: 3 }), machines, { memory: 2 * gigabyte, disk: 1000 }),
    ).rejects.toMatchObject({
      details: { message: expect.stringContaining('0 MiB are free in /var/lib/shakedown') },
    }));
});

describe('what QEMU and others say', () => {
  test.each([
    [
      "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory",
      'no memory for one more',
    ],
    ["qemu-system-x86_64: unable to find CPU model 'nosuch'", "no processor 'nosuch'"],
    ["Could not set up host forwarding rule 'tcp:127.0.0.1:80-:80'", 'a port of this host is taken'],
    ['qemu-img: error while writing: No space left on device', 'no space for the disks'],
  ])('%s', (stderr, message) => expect(explainStart(stderr).message).toContain(message));

  test.each([
    ['mke2fs: Could not allocate block in ext2 filesystem', 'there is no space for the bookworm image in /c'],
    ["E: Package 'linux-image-cloud-amd64' has no installation candidate", 'no package'],
    ['bash: line 40: zstd: command not found', 'zstd is missing'],
  ])('%s', (stderr, message) => expect(explainImage(stderr, 'bookworm', '/c').message).toContain(message));
});
