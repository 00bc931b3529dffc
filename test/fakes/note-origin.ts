import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterOrigin } from '../../main/store/cluster-origins.ts';

/** Puts down whose a cluster is, as its maker does, who is dead unless told. */
export function noteOriginOf(id: string, cacheDir: string, more: Partial<ClusterOrigin> = {}): void {
  const home = join(cacheDir, 'clusters');
  const dead = { pid: 1, startTime: '0', bootId: 'another' };
  const origin = { id, provider: 'nspawn', folder: '/lab', run: 'r1', since: 0, owner: dead, ...more };
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, `${id}.json`), JSON.stringify(origin));
}
