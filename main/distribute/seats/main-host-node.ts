import { hostname, userInfo } from 'node:os';
import type { Machine } from '../../providers/provider.ts';

/** The main host as a node of the run, where it has runners of its own. */
export const mainHostNode = (id: number): Machine => ({
  id,
  name: hostname().split('.')[0] || 'localhost',
  address: 'localhost',
  ssh: { host: 'localhost', port: 22, user: userInfo().username },
});
