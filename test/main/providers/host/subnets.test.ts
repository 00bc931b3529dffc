import { expect, test } from 'vitest';
import { freeSubnets } from '../../../../main/providers/host/subnets.ts';

test('every candidate is a private /24, and none comes twice', () => {
  const nets = [...freeSubnets(0xabc123, [])];
  expect(new Set(nets).size).toBe(nets.length);
  expect(nets.length).toBeGreaterThan(25_000);
  for (const net of nets) expect(net).toMatch(/^(10\.1\d\d\.\d+|172\.(28|29|30|31)\.\d+|192\.168\.2\d\d)$/);
});

test('clusters begin at different places, and 10.x comes first', () => {
  expect(freeSubnets(1, []).next().value).not.toBe(freeSubnets(2, []).next().value);
  expect(freeSubnets(1, []).next().value).toMatch(/^10\./);
});

test('routes, wider or narrower, and single addresses keep a subnet from being taken', () => {
  const taken = ['default', '10.100.0.0/16', '10.101.7.128/25', '10.102.3.4', '127.0.0.0/8'];
  const nets = [...freeSubnets(5, taken)];
  expect(nets.filter((net) => net.startsWith('10.100.'))).toEqual([]);
  expect(nets).not.toContain('10.101.7');
  expect(nets).not.toContain('10.102.3');
  expect(nets).toContain('10.102.4');
});

test('where all of 10 is routed, the other private networks are left', () => {
  expect(freeSubnets(5, ['10.0.0.0/8']).next().value).toMatch(/^172\./);
  expect(freeSubnets(5, ['10.0.0.0/8', '172.16.0.0/12']).next().value).toMatch(/^192\.168\./);
  expect([...freeSubnets(5, ['0.0.0.0/0'])]).toEqual([]);
});
