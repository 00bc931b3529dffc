import type { RenderScope } from '../../../main/render/tree.ts';

/** What templates know on node 1 of two. */
export const scope: RenderScope = {
  main_config: { token: 'secret', port: 2379 },
  node_config: { dataDir: '/var/lib/x' },
  node: '10.0.0.2',
  node_id: 1,
  nodes: [
    { id: 0, address: '10.0.0.1', name: 'a' },
    { id: 1, address: '10.0.0.2', name: 'b', role: 'replica' },
  ],
  spare_addresses: ['10.0.0.254', '10.0.0.253'],
  secret: { token: 'correct horse' },
  env: { HOME: '/root' },
};
