import { expect, test } from 'vitest';
import { mirrorAt } from '../../../../main/providers/debian/apt-mirror.ts';
import { explainBuild } from '../../../../main/providers/debian/base-tree.ts';

const explain = (stderr: string) =>
  explainBuild(stderr, 'bookwurm', mirrorAt('http://deb.debian.org/debian'), '/var/cache/shakedown');

/** The words of apt 2.6 and mmdebstrap 1.3, as they came. */
test.each([
  [
    "Err:2 http://deb.debian.org/debian nosuch Release\n  404  Not Found\nE: The repository 'http://deb.debian.org/debian nosuch Release' does not have a Release file.",
    "there is no Debian suite 'bookwurm' on http://deb.debian.org/debian",
    "'os'",
  ],
  [
    'I: finding correct signed-by value...\nE: Failed to fetch http://127.0.0.1:9/debian/dists/bookworm/InRelease  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)',
    'the Debian mirror http://deb.debian.org/debian could not be reached',
    'mirror',
  ],
  [
    'Temporary failure resolving ‘deb.debian.org’\nE: Some index files failed to download.',
    'the Debian mirror http://deb.debian.org/debian could not be reached',
    'network',
  ],
  [
    'E: Unable to locate package nosuchpkg\nE: setup failed: E: apt-get --yes install',
    "there is no Debian package 'nosuchpkg' in bookwurm",
    "'packages'",
  ],
  ["E: Version '9' for 'hello' was not found", "Version '9' for 'hello' was not found", "'packages'"],
  [
    'dpkg-deb: error: failed to write to pipe: No space left on device\nE: Failed to fetch x',
    'there is no space for the bookwurm base tree in /var/cache/shakedown',
    'SHAKEDOWN_CACHE',
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
