import { describe, expect, test } from 'vitest';
import {
  consoleLines,
  stoppedBoot,
  upWithoutCloudInit,
} from '../../../../../main/providers/qemu/machines/boot-end.ts';

describe('what the console of a machine of somebody else’s image says', () => {
  test('is told without the control sequences of firmware and boot loaders', () =>
    expect(consoleLines('\x1bc\x1b[?7l\x1b[2J\x1b[0mSeaBIOS\r\nBooting from Hard Disk...\r\n\n')).toEqual([
      'SeaBIOS',
      'Booting from Hard Disk...',
    ]));

  test.each([
    ['Booting from Floppy...\r\nNo bootable device.\r\n', 'its BIOS finds no boot loader in it'],
    ["error: file `/boot/vmlinuz' not found.\r\ngrub rescue> ", 'its boot loader finds nothing to boot'],
    [
      '[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs\r\n[    2.2] CPU: 0',
      'its kernel gave up: VFS: Unable to mount root fs',
    ],
    ['Gave up waiting for root file system device.\n(initramfs) ', 'its kernel finds no root file system'],
    ['You are in emergency mode. After logging in', 'it came up in emergency mode'],
  ])('%j: the boot has stopped', (text, why) => expect(stoppedBoot(text)).toBe(why));

  test('a boot that goes on has not stopped', () =>
    expect(stoppedBoot('GRUB loading...\r\n[    1.0] Linux version 6.1\r\n')).toBeUndefined());

  test('a login without a word of cloud-init before it means that there is none', () => {
    const login = '\r\nDebian GNU/Linux 12 debian ttyS0\r\n\r\ndebian login: ';
    expect(upWithoutCloudInit(`[  OK  ] Reached target\r\n${login}`)).toBe(true);
    expect(upWithoutCloudInit(`[ 17.1] cloud-init[243]: Cloud-init v. 22.4.2 running${login}`)).toBe(false);
    expect(upWithoutCloudInit('[   1.0] Linux version 6.1')).toBe(false);
  });
});
