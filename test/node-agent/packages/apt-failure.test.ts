import { describe, expect, test } from 'vitest';
import { aptFailure, aptFailureKind } from '../../../node-agent/packages/apt-failure.ts';

const context = { command: 'apt-get install x', exitCode: 100, ownDebs: false };

describe('what apt says, in words that help', () => {
  test.each([
    [
      'not-found',
      'E: Unable to locate package no-such',
      "package 'no-such' does not exist",
      'aptSources',
      'error',
    ],
    [
      'not-found',
      'Error: Unable to locate package no-such',
      "package 'no-such' does not exist",
      'packages',
      'error',
    ],
    [
      'not-found',
      "E: Package 'foo' has no installation candidate",
      "package 'foo' does not exist",
      'aptSources',
      'error',
    ],
    [
      'virtual',
      `Package mail-transport-agent is a virtual package provided by:
  sendmail-bin 8.17.1.9-2+deb12u2
  postfix 3.7.11-0+deb12u1
  exim4-daemon-light 4.96-15+deb12u6 (= 4.96-15)
You should explicitly select one to install.

E: Package 'mail-transport-agent' has no installation candidate`,
      "'mail-transport-agent' is a virtual package, and several provide it: sendmail-bin, postfix, exim4-daemon-light",
      'name one of them',
      'error',
    ],
    [
      'no-version',
      "E: Version '9.9' for 'hello' was not found",
      "'hello' does not exist in version 9.9",
      'apt-cache policy hello',
      'error',
    ],
    [
      'no-space',
      "E: You don't have enough free space in /var/cache/apt/archives/.",
      'no space left',
      'df -h',
      'error',
    ],
    [
      'no-space',
      'dpkg: error processing archive x.deb (--unpack):\n cannot copy: No space left on device\nE: Sub-process /usr/bin/dpkg returned an error code (1)',
      'no space left',
      'df -h',
      'error',
    ],
    [
      'locked',
      'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12 (apt-get)',
      'locked by 12 (apt-get)',
      'wait',
      'error',
    ],
    [
      'mirror',
      'E: Failed to fetch http://m/x.deb  404  Not Found [IP: 1.2.3.4 80]',
      'could not be reached',
      'network',
      'error',
    ],
    [
      'mirror',
      "W: Failed to fetch http://m/InRelease  Temporary failure resolving 'm'\nE: Some index files failed to download.",
      'could not be reached',
      'network',
      'error',
    ],
    ['signature', "E: The repository 'http://m x InRelease' is not signed.", 'not signed', 'key', 'error'],
    [
      'held',
      'E: Held packages were changed and -y was used without --allow-change-held-packages.',
      'is held',
      'apt-mark unhold',
      'error',
    ],
    [
      'script',
      'dpkg: error processing package mine (--configure):\n installed mine package post-installation script subprocess returned error exit status 1\nE: Sub-process /usr/bin/dpkg returned an error code (1)',
      "package 'mine' could not be set up",
      'scripts',
      'fail',
    ],
    [
      'dependencies',
      'The following packages have unmet dependencies:\n mine : Depends: nothing but it is not installable\nE: Unable to correct problems, you have held broken packages.',
      'dependencies are not met',
      'aptSources',
      'error',
    ],
    ['other', 'E: something new', 'apt failed', 'last lines', 'error'],
  ])('%s: %s', (kind, output, message, hint, verdict) => {
    expect(aptFailureKind(output)).toBe(kind);
    const { details } = aptFailure(output, context);
    expect(details).toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
      verdict,
    });
    expect(details.lastLines?.at(-1)).toBe(output.split('\n').at(-1));
  });

  test("what one's own .deb lacks is the package's fault", () => {
    const output = 'The following packages have unmet dependencies:\n mine : Depends: nothing';
    expect(aptFailure(output, { ...context, ownDebs: true }).verdict).toBe('fail');
  });

  test('a package that is not found after lists could not be updated points to the mirror', () => {
    const earlier = "W: Failed to fetch http://m/InRelease  Could not resolve 'm'";
    const { details } = aptFailure('E: Unable to locate package etcd-server', {
      ...context,
      earlier,
      proxy: 'http://p:1',
    });
    expect(details.message).toContain('the package lists could not be updated');
    expect(details.hint).toContain('http://p:1');
    expect(details.lastLines?.[0]).toBe(earlier);
  });

  test('errors that came early are among the last lines', () => {
    const noise = Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n');
    const { details } = aptFailure(`E: the first cause\n${noise}`, context);
    expect(details.lastLines?.[0]).toBe('E: the first cause');
    expect(details.lastLines?.length).toBeLessThan(30);
  });
});
