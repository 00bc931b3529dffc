import { test } from 'vitest';
import { startFromLayer } from '../layers/start-from-layer.ts';

// Emulated, three boots and an installation take a minute.
test('virtual machines start from what was installed once', () =>
  startFromLayer('qemu', 'qemu({ count: 1 })', 3));
