import { vi } from 'vitest';

/**
 * ms that a test waits for what shall be, unless it says more: Vitest's own
 * second is short on a busy machine.
 */
const patience = 120_000;

const { waitFor } = vi;
vi.waitFor = (callback, options = {}) =>
  waitFor(callback, {
    timeout: patience,
    ...(typeof options === 'number' ? { timeout: Math.max(options, patience) } : options),
  });
