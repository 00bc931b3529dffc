import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compare, judge } from '../../../main/layers/identity/judge.ts';
import { knownPaths } from '../../../main/layers/identity/known-paths.ts';
import { renewalCommands } from '../../../main/layers/identity/renewals.ts';
import { Sightings } from '../../../main/layers/identity/sightings.ts';

const isKnown = (path: string) => knownPaths.some((each) => new RegExp(each).test(path));

test.each([
  '/var/lib/dpkg/status',
  '/var/lib/apt/extended_states',
  '/var/cache/debconf/config.dat',
  '/var/log/apt/history.log',
  '/etc/passwd-',
  '/etc/gshadow',
  '/usr/lib/python3/dist-packages/a.pyc',
  '/var/lib/systemd/deb-systemd-helper-enabled/etcd.service.dsh-also',
])('%s is no machine’s own', (path) => expect(isKnown(path)).toBe(true));

test.each([
  '/etc/passwd/key',
  '/etc/ssl/private/a.key',
  '/var/lib/rabbitmq/.erlang.cookie',
  '/etc/machine-id',
])('%s may be', (path) => expect(isKnown(path)).toBe(false));

describe('what is a machine’s own', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'seen-'));
  const stray = { path: '/var/lib/db/id', digest: 'a', owner: 'db' };
  const survey = (...strays: (typeof stray)[]) => ({ strays, named: [], asking: [] });

  test('is found by comparing, and remembered for the package', async () => {
    const cache = folder();
    const seen = Sightings.load(cache, ['db', 'lib']);
    expect(judge(survey(stray), seen)).toEqual({ kind: 'unknown', strays: [stray] });
    seen.add(compare(survey(stray), survey({ ...stray, digest: 'b' })));
    expect(judge(survey(stray), seen).kind).toBe('own');
    // Another set with the same package, in another run.
    expect(judge(survey(stray), Sightings.load(cache, ['db', 'more'])).kind).toBe('own');
  });

  test('is not what two installations left alike; once it differed, that counts', async () => {
    const seen = Sightings.load(folder(), ['db']);
    seen.add(compare(survey(stray), survey(stray)));
    expect(judge(survey(stray), seen)).toEqual({ kind: 'shared', renewed: [] });
    seen.add(compare(survey(stray), survey()));
    seen.add(compare(survey(stray), survey(stray)));
    expect(judge(survey(stray), seen).kind).toBe('own');
  });

  test('that has no package is remembered for what was installed together', async () => {
    const cache = folder();
    const none = { path: '/etc/id', digest: 'a' };
    const seen = Sightings.load(cache, ['db']);
    seen.add([{ stray: none, is: 'same' }]);
    const judged = async (set: string[]) =>
      judge({ strays: [none], named: [], asking: [] }, Sightings.load(cache, set)).kind;
    expect([await judged(['db']), await judged(['web'])]).toEqual(['shared', 'unknown']);
  });

  test.each([
    ['/etc/ssh/ssh_host_rsa_key', ['ssh-keygen -A']],
    ['/etc/ssl/certs/ssl-cert-snakeoil.pem', ['make-ssl-cert generate-default-snakeoil --force-overwrite']],
    ['/var/lib/rabbitmq/.erlang.cookie', []],
    ['/var/lib/dbus/machine-id', ['systemd-tmpfiles --create dbus.conf']],
  ])('%s is made anew on each node', async (path, commands) => {
    const seen = Sightings.load(folder(), []);
    expect(judge({ strays: [{ path, digest: 'a' }], named: [], asking: [] }, seen)).toEqual({
      kind: 'shared',
      renewed: [path],
    });
    expect(renewalCommands([path, path])).toEqual(commands);
  });
});
