import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settleAccelerator, situation } from '../../../../main/providers/qemu/accelerator.ts';
import { runContext } from '../../../fakes/run-context.ts';

const never = () => expect.fail('a trial boot was made');

/** A cache in which a trial boot on this main host has left its answer. */
async function remembering(answer: object) {
  const cacheDir = mkdtempSync(join(tmpdir(), 'kvm-'));
  mkdirSync(join(cacheDir, 'qemu'));
  writeFileSync(join(cacheDir, 'qemu/kvm.json'), JSON.stringify({ [await situation()]: answer }));
  return runContext({ cacheDir });
}

describe('without KVM', () => {
  const settle = (wanted: 'auto' | 'kvm' | 'tcg') =>
    settleAccelerator(wanted, never, runContext(), '/nonexistent/kvm');

  test('machines are emulated', async () => {
    expect(await settle('auto')).toBe('tcg');
    expect(await settle('tcg')).toBe('tcg');
  });
  test('one that asks for it is refused with the reason and what to do', async () =>
    await expect(settle('kvm')).rejects.toMatchObject({
      details: {
        message: 'KVM does not work on this main host: there is no /nonexistent/kvm',
        hint: expect.stringContaining("leave out accelerator: 'kvm'"),
      },
    }));
});

describe('a trial boot', () => {
  test('that failed is remembered: KVM that is there is not tried again', async () => {
    const ctx = await remembering({ works: false, reason: 'the machine said nothing for 8 s' });
    expect(await settleAccelerator('auto', never, ctx, '/dev/null')).toBe('tcg');
    await expect(settleAccelerator('kvm', never, ctx, '/dev/null')).rejects.toThrow('said nothing for 8 s');
  });
  test('that succeeded is remembered, too', async () => {
    const ctx = await remembering({ works: true, reason: '' });
    expect(await settleAccelerator('auto', never, ctx, '/dev/null')).toBe('kvm');
  });
  test('of another kernel, processor or QEMU counts for nothing', async () => {
    const ctx = await remembering({ works: true, reason: '' });
    writeFileSync(
      join(ctx.cacheDir, 'qemu/kvm.json'),
      JSON.stringify({ other: { works: true, reason: '' } }),
    );
    const image = () => Promise.reject(new Error('a trial boot was made'));
    await expect(settleAccelerator('auto', image, ctx, '/dev/null')).rejects.toThrow('a trial boot was made');
  });
});
