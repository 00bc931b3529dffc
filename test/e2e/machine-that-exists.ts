import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { KeptCluster } from '../../main/store/kept-cluster.ts';
import { scenario, shakedown } from './harness.ts';

/** A container stands in for a machine that was there before; shakedown is told nothing but its address. */
export async function machineThatExists() {
  const host = scenario({});
  const kept = await shakedown(host, ['run', '--keep']);
  expect(kept.exitCode, kept.all).toBe(0);
  const { cluster }: KeptCluster = JSON.parse(readFileSync(join(host, '.shakedown/cluster.json'), 'utf8'));
  const [node] = cluster.machines;
  if (!node?.ssh.keyFile || !node.ssh.hostKey) throw new Error('the container has no key');
  const { address, ssh } = node;
  const onNode = async (command: string) => {
    const done = await shakedown(host, ['exec', '0', '--', command]);
    return done.stdout;
  };
  return { address, keyFile: ssh.keyFile ?? '', hostKey: ssh.hostKey ?? '', onNode };
}
