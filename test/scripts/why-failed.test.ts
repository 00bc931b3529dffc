import { expect, test } from 'vitest';
import { whyAptFailed, whyNotWritten, whyNpmFailed } from '../../scripts/ensure/why-failed.mjs';

test.each([
  [
    'npm ERR! code ENOSPC\nnpm ERR! nospc There appears to be insufficient space',
    /^there is no room on the disk/,
  ],
  [
    'npm ERR! code EACCES\nnpm ERR! path /srv/project/node_modules',
    /^npm was not allowed to write: \/srv\/project /,
  ],
  ['npm ERR! code EAI_AGAIN\nnpm ERR! getaddrinfo EAI_AGAIN', /^the npm registry cannot be reached/],
  ['npm ERR! code ETARGET\nnpm ERR! No matching version', /^'npm install' failed\.$/],
])('npm: %j', (output, why) => expect(whyNpmFailed(output, '/srv/project')).toMatch(why));

test.each([
  ["E: You don't have enough free space in /var/cache/apt/archives/.", /^there is no room on the disk/],
  ['dpkg: error: write: No space left on device', /^there is no room on the disk/],
  [
    "Err:1 http://deb.debian.org Temporary failure resolving 'deb.debian.org'",
    /^the mirror of Debian packages cannot/,
  ],
  ['E: Unable to locate package mmdebstrap', /^apt could not install mmdebstrap nftables:$/],
])('apt: %j', (output, why) => expect(whyAptFailed(output, ['mmdebstrap', 'nftables'])).toMatch(why));

test.each([
  // A write that finds no room does not say to which file.
  ['ENOSPC', undefined, /^there is no room on the disk that \/srv\/project is on/],
  ['EACCES', '/srv/project/x', /^\/srv\/project\/x cannot be written \(EACCES\)/],
  ['EROFS', undefined, /^\/srv\/project cannot be written \(EROFS\)/],
])('a file that could not be written: %s', (code, path, why) =>
  expect(whyNotWritten(Object.assign(new Error(), { code, path }), '/srv/project')).toMatch(why),
);

test('another error is nothing that a person could mend', () =>
  expect(whyNotWritten(new TypeError('x is not a function'), '/srv/project')).toBeUndefined());
