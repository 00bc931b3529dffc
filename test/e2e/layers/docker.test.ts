import { test } from 'vitest';
import { rounds } from '../../rounds.ts';
import { startFromLayer } from './start-from-layer.ts';

test('containers of Podman start from what was installed once', () =>
  startFromLayer('docker', "docker({ count: 1, engine: 'podman' })", rounds(1, 5)));
