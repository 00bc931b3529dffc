import { expect, test } from 'vitest';
import { mirrorAt } from '../../../../main/providers/debian/apt-mirror.ts';
import { ensureBaseTree } from '../../../../main/providers/debian/base-tree.ts';
import { explainBuild } from '../../../../main/providers/debian/build-base-tree.ts';
import { releaseNamed } from '../../../../main/providers/debian/releases.ts';

const explain = (stderr: string) =>
  explainBuild(
    stderr,
    releaseNamed('bookworm'),
    mirrorAt('http://deb.debian.org/debian'),
    '/var/cache/shakedown',
  );

/** The words of apt 2.6 and mmdebstrap 1.3, as they came. */
test.each([
  [
    "Err:2 http://deb.debian.org/debian nosuch Release\n  404  Not Found\nE: The repository 'http://deb.debian.org/debian nosuch Release' does not have a Release file.",
    "there is no suite 'bookworm' on http://deb.debian.org/debian",
    "'mirror'",
  ],
  [
    'I: finding correct signed-by value...\nE: Failed to fetch http://127.0.0.1:9/debian/dists/bookworm/InRelease  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)',
    'the mirror http://deb.debian.org/debian could not be reached',
    'mirror',
  ],
  [
    'Temporary failure resolving ‘deb.debian.org’\nE: Some index files failed to download.',
    'the mirror http://deb.debian.org/debian could not be reached',
    'network',
  ],
  [
    'E: Unable to locate package nosuchpkg\nE: setup failed: E: apt-get --yes install',
    "there is no package 'nosuchpkg' in debian's bookworm",
    "'packages'",
  ],
  ["E: Version '9' for 'hello' was not found", "Version '9' for 'hello' was not found", "'packages'"],
  [
    'dpkg-deb: error: failed to write to pipe: No space left on device\nE: Failed to fetch x',
    'there is no space for the bookworm base tree in /var/cache/shakedown',
    'SHAKEDOWN_CACHE',
  ],
  [
    "E: You don't have enough free space in /var/cache/shakedown/trees/x/var/cache/apt/archives/.",
    'there is no space for the bookworm base tree in /var/cache/shakedown',
    'SHAKEDOWN_CACHE',
  ],
  [
    'E: Release file for http://deb.debian.org/debian/dists/sid/InRelease is expired (invalid since 15d 1h 6min 57s). Updates for this repository will not be applied.',
    "the lists of bookworm on http://deb.debian.org/debian are expired, by this main host's clock",
    "'date'",
  ],
  [
    'GPG error: http://deb.debian.org/debian sid InRelease: NO_PUBKEY 6ED0E7B82643E131',
    'not signed by a key that is known here',
    'debian-archive-keyring',
  ],
])('%j', (stderr, message, hint) => {
  expect(explain(stderr)).toEqual({
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });
});

test('what is not understood points to doctor, and the last lines speak for themselves', () =>
  expect(explain('E: something else')).toEqual({ hint: expect.stringContaining('doctor') }));

test('an operating system that there is not is the user’s mistake, before anything is looked for', async () => {
  const ctx = { signal: new AbortController().signal, cacheDir: '/nonexistent', emit: () => undefined };
  const settings = { os: 'bookwurm', packages: [], mirror: undefined };
  await expect(ensureBaseTree(settings, false, ctx)).rejects.toThrow("did you mean 'bookworm'?");
});

test('Ubuntu’s mirror that is not reached is told as that, with what to do', () =>
  expect(
    explainBuild(
      'Err:1 http://archive.ubuntu.com/ubuntu noble InRelease\n  502  connect ENETUNREACH 185.125.190.83:80 [IP: 127.0.0.1 42439]\nE: Failed to fetch http://archive.ubuntu.com/ubuntu/dists/noble/InRelease  502  connect ENETUNREACH 185.125.190.83:80\nE: Some index files failed to download.',
      releaseNamed('ubuntu-24.04'),
      mirrorAt('http://archive.ubuntu.com/ubuntu', 'ubuntu'),
      '/var/cache/shakedown',
    ),
  ).toEqual({
    message: 'the mirror http://archive.ubuntu.com/ubuntu could not be reached',
    hint: expect.stringMatching(/check the network.*mirror: 'http:\/\/…\/ubuntu'/),
  }));

test('Ubuntu’s keys are named as what is missing, by the package that has them', () =>
  expect(
    explainBuild(
      'GPG error: http://archive.ubuntu.com/ubuntu noble InRelease: NO_PUBKEY 871920D1991BC93C',
      releaseNamed('noble'),
      mirrorAt('http://archive.ubuntu.com/ubuntu', 'ubuntu'),
      '/var/cache/shakedown',
    ),
  ).toMatchObject({ hint: 'apt-get install ubuntu-keyring' }));
