import { expect, test } from 'vitest';
import { mustWork } from '../../../main/providers/must-work.ts';
import type { ProbeResult } from '../../../main/providers/provider.ts';
import { runContext } from '../../fakes/run-context.ts';

const probed = (result: ProbeResult) => mustWork({ name: 'qemu', probe: async () => result }, runContext());

test('a provider that works is asked, and no more', async () => {
  await expect(probed({ ok: true })).resolves.toBeUndefined();
});

test('one that does not is told, with what to install', async () => {
  await expect(probed({ ok: false, reason: 'no QEMU' })).rejects.toMatchObject({
    details: { message: 'qemu does not work here: no QEMU' },
  });
  const missingPackages = ['qemu-system-x86', 'ovmf'];
  await expect(probed({ ok: false, reason: 'no QEMU', missingPackages })).rejects.toMatchObject({
    details: { hint: 'apt-get install qemu-system-x86 ovmf' },
  });
});
