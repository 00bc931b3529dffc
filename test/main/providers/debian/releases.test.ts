import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { releaseNamed } from '../../../../main/providers/debian/releases.ts';

test.each([
  ['bookworm', { distribution: 'debian', suite: 'bookworm', version: '12' }],
  ['debian-12', { distribution: 'debian', suite: 'bookworm', version: '12' }],
  ['debian-trixie', { distribution: 'debian', suite: 'trixie', version: '13' }],
  ['noble', { distribution: 'ubuntu', suite: 'noble', version: '24.04' }],
  ['ubuntu-24.04', { distribution: 'ubuntu', suite: 'noble', version: '24.04' }],
  ['ubuntu-jammy', { distribution: 'ubuntu', suite: 'jammy', version: '22.04' }],
])('%j is a code name, or a distribution and its version', (name, release) =>
  expect(releaseNamed(name)).toEqual(release),
);

test.each([
  ['sid', 'sid'],
  ['unstable', 'sid'],
  ['testing', 'testing'],
  ['oldoldstable', 'oldoldstable'],
])('%j is Debian’s by its state', (name, suite) =>
  expect(releaseNamed(name)).toEqual({ distribution: 'debian', suite }),
);

test.each([
  ['bookwurm', "There is no operating system 'bookwurm'; did you mean 'bookworm'?"],
  ['ubuntu-24.4', "There is no operating system 'ubuntu-24.4'; did you mean 'ubuntu-24.04'?"],
  ['debian12', "There is no operating system 'debian12'; did you mean 'debian-12'?"],
  ['plan9', "There is no operating system 'plan9'."],
])('%j is none', (name, message) => {
  const look = () => releaseNamed(name);
  expect(look).toThrow(UsageError);
  expect(look).toThrow(message);
});

test('releases that came later are known from distro-info-data, where that is installed', () => {
  const info = mkdtempSync(join(tmpdir(), 'shakedown-info-'));
  onTestFinished(() => rmSync(info, { recursive: true }));
  const heading = 'version,codename,series,created,release,eol\n';
  writeFileSync(join(info, 'ubuntu.csv'), `${heading}28.04 LTS,Xenial Xerox,xerox,2027-10-01,2028-04-20\n`);
  writeFileSync(join(info, 'debian.csv'), `${heading}16,Ebon,ebon,2029-01-01\n,Sid,sid,1993-08-16\n`);
  expect(releaseNamed('ubuntu-28.04', info)).toMatchObject({ suite: 'xerox', version: '28.04' });
  expect(releaseNamed('ebon', info)).toMatchObject({ distribution: 'debian', version: '16' });
  expect(releaseNamed('sid', info)).not.toHaveProperty('version');
  expect(() => releaseNamed('xerox', '/nonexistent')).toThrow(UsageError);
  expect(releaseNamed('bookworm', '/nonexistent').version).toBe('12');
});
