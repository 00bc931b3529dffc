import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { safeWorkingDirectory } from '../../../node-agent/files/working-directory.ts';
import { temporaryFolder } from '../temporary.ts';

describe('the working directory', () => {
  test.each([
    '/srv/work',
    '/opt/app/work',
    '/home/me/work',
    '/var/lib/etcd',
    '/root/work',
    '/usr/local/work',
    '/var/tmp/x',
  ])('%s may be emptied', (path) => expect(safeWorkingDirectory(path)).toBe(path));

  test.each([
    '/',
    '//',
    '/etc',
    '/etc/',
    '/etc/etcd',
    '/usr',
    '/usr/bin',
    '/usr/lib/x',
    '/usr/local',
    '/home',
    '/home/me',
    '/root',
    '/var',
    '/var/lib',
    '/var/lib/dpkg',
    '/var/lib/dpkg/info',
    '/var/log',
    '/tmp',
    '/srv',
    '/opt',
    '/boot/x',
    '/proc/1',
    '/dev/shm',
    'relative',
    '',
    '/srv/../etc',
    '/srv/work/..',
    '/var/lib/shakedown',
    '/var/cache/shakedown/x',
  ])("'%s' is refused, with a way out", (path) => {
    const details = { message: expect.stringContaining(path), hint: expect.stringContaining('workingDir') };
    expect(() => safeWorkingDirectory(path)).toThrow(expect.objectContaining({ details }));
  });

  test('a link to a folder that may not be emptied is refused', () => {
    const folder = temporaryFolder();
    symlinkSync('/usr', join(folder, 'work'));
    expect(() => safeWorkingDirectory(join(folder, 'work'))).toThrow('/usr');
  });

  test('a link to one that may be is resolved', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'work'));
    expect(safeWorkingDirectory(join(folder, 'work'))).toBe(join(folder, 'real'));
  });

  test("the agent's own folders, and those above them, are refused", () => {
    const own = ['/srv/agent/state'];
    expect(() => safeWorkingDirectory('/srv/agent', own)).toThrow('emptied');
    expect(() => safeWorkingDirectory('/srv/agent/state/x', own)).toThrow('emptied');
    expect(safeWorkingDirectory('/srv/agent/other', own)).toBe('/srv/agent/other');
  });
});
