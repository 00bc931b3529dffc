import { defineMain, http, machines, tcp } from 'shakedown';

export default defineMain({
  name: 'etcd',
  nodes: machines({ count: 3 }),
  // etcdctl, for the checks.
  packages: ['etcd-client'],
  checks: [
    tcp({ name: 'clients can connect', port: 2379 }),
    http({ name: 'the members say that they are healthy', url: ':2379/health', body: '"health":\\s*"true"' }),
    'config/checks/*.check.ts',
  ],
  /** A variable of our own: the templates name the cluster by it. */
  token: 'shakedown',
});
