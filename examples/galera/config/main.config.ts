import { defineMain, machines, tcp } from 'shakedown';

export default defineMain({
  name: 'galera',
  nodes: machines({ count: 3 }),
  checks: [tcp({ name: 'clients can connect', port: 3306 }), 'config/checks/*.check.ts'],
});
