import { expect, test } from 'vitest';
import { judge, probeHost } from '../../../../main/providers/nspawn/probe-host.ts';

const root = 'caps 000001ffffffffff';

test('a machine that has all it takes will do', () =>
  expect(judge(root)).toEqual({
    ok: true,
  }));

test('what is missing is told with the Debian packages that have it', () => {
  expect(judge(`missing systemd-nspawn\nmissing nft\nmissing debian-archive-keyring\n${root}`)).toEqual({
    ok: false,
    reason:
      'systemd-nspawn, nft, debian-archive-keyring missing: apt-get install systemd-container nftables debian-archive-keyring',
    missingPackages: ['systemd-container', 'nftables', 'debian-archive-keyring'],
  });
});

test.each([
  ['', /root, or sudo without a password/],
  ['caps 00000000a80425fb', /privileged/],
  [`lacks overlayfs\n${root}`, /no overlayfs/],
  [`lacks cgroups\n${root}`, /no cgroups/],
])('%j is no machine for it', (printed, reason) =>
  expect(judge(printed)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) }),
);

test('this machine will do, or the reason is told', async () => {
  const result = await probeHost(new AbortController().signal);
  expect(result.reason === undefined).toBe(result.ok);
});
