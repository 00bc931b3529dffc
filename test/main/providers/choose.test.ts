import { expect, test } from 'vitest';
import { chooseProvider } from '../../../main/providers/choose.ts';
import type { ProbeResult, Provider } from '../../../main/providers/provider.ts';

const ctx = { signal: new AbortController().signal, cacheDir: '/nowhere' };
const works: ProbeResult = { ok: true };
const fails = (reason: string, missingPackages: string[] = []): ProbeResult => ({
  ok: false,
  reason,
  missingPackages,
});

/** Providers that can only be looked at. */
const among = (probes: Readonly<Record<string, ProbeResult>>) => async (): Promise<readonly Provider[]> =>
  Object.entries(probes).map(
    ([name, result]) => ({ name, probe: async () => result }) as unknown as Provider,
  );

test('the quickest kind that works is chosen, whatever the order they are listed in', async () => {
  expect(await chooseProvider(ctx, among({ qemu: works, ssh: works, nspawn: works }))).toEqual({
    provider: 'nspawn',
  });
});

test('another one comes with the reason', async () => {
  const { provider, why } = await chooseProvider(
    ctx,
    among({ nspawn: fails('it needs root'), docker: works, qemu: fails('unheard of') }),
  );
  expect(provider).toBe('docker');
  expect(why).toBe('the nodes are docker machines: nspawn does not work here (it needs root)');
});

const noSystemd: ProbeResult = { ...works, lacks: 'no systemd: cgroups are of version 1' };

test('a slower kind wins where the machines of a quicker one have not all that scenarios count on', async () => {
  const probes = { nspawn: fails('it needs root'), docker: noSystemd, qemu: works };
  expect(await chooseProvider(ctx, among(probes))).toEqual({
    provider: 'qemu',
    why: 'the nodes are qemu machines: nspawn does not work here (it needs root); docker machines have no systemd: cgroups are of version 1',
  });
});

test('which is told of those that are chosen because there is nothing better, with what would be', async () => {
  const probes = { nspawn: fails('it needs root'), docker: noSystemd, qemu: fails('no QEMU') };
  expect(await chooseProvider(ctx, among(probes))).toEqual({
    provider: 'docker',
    why: "the nodes are docker machines, and have no systemd: cgroups are of version 1; a service needs a 'command' on them: nspawn does not work here (it needs root); qemu does not work here (no QEMU)",
  });
});

test('machines that exist are never chosen: nobody said that they may be used', async () => {
  const chosen = chooseProvider(ctx, among({ ssh: works, nspawn: fails('it needs root') }));
  await expect(chosen).rejects.toThrow('No kind of machine can be made');
});

test('when none works each reason is told, and what to install', async () => {
  const none = among({ nspawn: fails('it needs root'), qemu: fails('no emulator', ['qemu-system-x86']) });
  await expect(chooseProvider(ctx, none)).rejects.toMatchObject({
    details: {
      message: expect.stringMatching(/nspawn: it needs root\nqemu: no emulator$/),
      hint: 'apt-get install qemu-system-x86; or use machines that exist: --nodes a,b,c',
    },
  });
});

test('what to install is rather for a kind whose machines lack nothing', async () => {
  const none = among({
    nspawn: fails('it needs root'),
    docker: { ...fails('no Podman', ['podman']), lacks: 'no systemd' },
    qemu: fails('no emulator', ['qemu-system-x86']),
  });
  await expect(chooseProvider(ctx, none)).rejects.toMatchObject({
    details: { hint: expect.stringContaining('apt-get install qemu-system-x86;') },
  });
});
