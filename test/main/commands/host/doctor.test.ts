import { expect, test } from 'vitest';
import { doctorCommandOf } from '../../../../main/commands/host/doctor.ts';
import type { ListedCluster, ProbeResult, Provider } from '../../../../main/providers/provider.ts';
import { noteOriginOf } from '../../../fakes/note-origin.ts';
import { folder } from '../../remotes/fake-node.ts';
import { runCommand } from '../command-run.ts';

/** A kind of machine that can only be looked at. */
const kind = (name: string, probe: Partial<ProbeResult>, clusters: readonly ListedCluster[] = []): Provider =>
  ({
    name,
    probe: async () => ({ ok: false, ...probe }),
    list: async () => clusters,
  }) as unknown as Provider;

/** What is told of kinds of machine, and below. */
const told = (...kinds: readonly Provider[]) => toldIn(folder(), ...kinds);

async function toldIn(cwd: string, ...kinds: readonly Provider[]) {
  const { code, stdout } = await runCommand(
    doctorCommandOf(async () => kinds),
    { cwd },
  );
  const lines = stdout.trimEnd().split('\n');
  return { code, lines: lines.slice(lines.findIndex((line) => line.includes(' provider '))) };
}

test('what each kind is told with, which one a new scenario gets, and why', async () => {
  const nspawn = kind('nspawn', { reason: 'it takes root' });
  const docker = kind('docker', { ok: true, note: 'by Podman', lacks: 'no systemd: as it is' });
  expect(await told(nspawn, docker, kind('qemu', { ok: true }))).toEqual({
    code: 0,
    lines: [
      '! provider nspawn: it takes root',
      '✓ provider docker: works, by Podman, no systemd: as it is',
      '✓ provider qemu: works',
      '✓ a new scenario: the nodes are qemu machines: nspawn does not work here (it takes root); docker machines have no systemd: as it is',
      '✓ leftovers: none',
    ],
  });
});

test('what nothing can do is told with the remedy; machines that exist do as well, so it is no failure', async () => {
  const qemu = kind('qemu', { reason: 'no QEMU', missingPackages: ['qemu-system-x86', 'qemu-utils'] });
  expect(await told(kind('nspawn', { reason: 'it takes root' }), qemu)).toEqual({
    code: 0,
    lines: [
      '! provider nspawn: it takes root',
      '! provider qemu: no QEMU',
      '    mend: apt-get install qemu-system-x86 qemu-utils',
      '! a new scenario: No kind of machine can be made on this main host.',
      '    mend: apt-get install qemu-system-x86 qemu-utils; or use machines that exist: --nodes a,b,c',
      '✓ leftovers: none',
    ],
  });
});

test('clusters of killed processes are left over; those that live or were kept are not', async () => {
  const clusters = [
    { id: 'aaaaaa', ownerAlive: false, kept: false },
    { id: 'bbbbbb', ownerAlive: true, kept: false },
    { id: 'cccccc', ownerAlive: false, kept: true },
  ];
  const nspawn = kind('nspawn', { ok: true }, clusters);
  const cwd = folder();
  noteOriginOf('aaaaaa', cwd, { folder: cwd });
  expect((await toldIn(cwd, nspawn)).lines.slice(1)).toEqual([
    '✓ a new scenario: the nodes are nspawn machines',
    '! leftovers: 0 runs here and 1 clusters of killed processes',
    '    mend: shakedown reap',
  ]);
  expect((await told(nspawn)).lines.slice(2)).toEqual([
    '! leftovers: 0 runs here and 1 clusters of killed processes, 1 of them of other folders',
    '    mend: shakedown reap --all',
  ]);
});
