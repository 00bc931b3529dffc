import { expect, test } from 'vitest';
import { clusterOf as nspawnClusterOf } from '../../../../main/providers/nspawn/names.ts';
import { clusterNames, clusterOf, macAddress, machineNames } from '../../../../main/providers/qemu/names.ts';

test('everything that is made for a cluster leads back to its id', () => {
  const { bridge, table } = clusterNames('a1b2c3');
  const { link } = machineNames('a1b2c3', 199);
  for (const name of ['a1b2c3', 'a1b2c3.new', bridge, table, link]) expect(clusterOf(name)).toBe('a1b2c3');
  expect(link.length).toBeLessThanOrEqual(15);
});

test('what is not ours does not', () => {
  for (const name of ['sda1b2c3', 'shakedown_a1b2c3', 'sq', 'sqa1b2c3x', 'eth0', 'A1B2C3', 'docker0']) {
    expect(clusterOf(name)).toBeUndefined();
  }
});

test('no other kind of machine takes our bridges, taps and tables for its own', () => {
  const { bridge, table } = clusterNames('a1b2c3');
  for (const name of [bridge, table, machineNames('a1b2c3', 0).link]) {
    expect(nspawnClusterOf(name)).toBeUndefined();
  }
});

test('each machine has a network address of its own, which no vendor gives away', () => {
  const addresses = [0, 1, 199].map((id) => macAddress('a1b2c3', id));
  expect(addresses).toEqual(['52:54:a1:b2:c3:00', '52:54:a1:b2:c3:01', '52:54:a1:b2:c3:c7']);
  // The second lowest bit of the first byte: locally administered; the lowest: not a group (IEEE 802).
  expect(0x52 & 3).toBe(2);
});
