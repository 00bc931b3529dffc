import { defineMain, machines, tcp } from 'shakedown';

export default defineMain({
  name: 'rabbitmq',
  nodes: machines({ nodes: [{ name: 'rabbit0' }, { name: 'rabbit1' }, { name: 'rabbit2' }] }),
  checks: [
    tcp({ name: 'clients can connect', port: 5672 }),
    tcp({ name: 'the management API can be reached', port: 15672 }),
    'config/checks/*.check.ts',
  ],
  timeouts: { start: 180 },
  // For the templates. Whoever has the cookie may do anything in the cluster.
  cookie: 'SHAKEDOWNSHAKEDOWN01',
  user: 'shakedown',
  password: 'only-for-tests',
});
