import { defineNode } from 'shakedown';

export default defineNode({
  packages: ['rabbitmq-server'],
  place: [
    {
      from: 'erlang.cookie',
      to: '/var/lib/rabbitmq/.erlang.cookie',
      mode: 0o400,
      owner: 'rabbitmq:rabbitmq',
    },
    { from: 'rabbitmq.conf', to: '/etc/rabbitmq/rabbitmq.conf', mode: 0o640, owner: 'root:rabbitmq' },
    { from: 'rabbitmq-env.conf', to: '/etc/rabbitmq/rabbitmq-env.conf' },
    { from: 'enabled_plugins', to: '/etc/rabbitmq/enabled_plugins' },
  ],
  setup: [
    // A node that finds its data is a member of the cluster that an earlier run had.
    { name: 'forget earlier data', run: 'rm -rf /var/lib/rabbitmq/mnesia/*' },
  ],
  services: [{ name: 'rabbitmq', unit: 'rabbitmq-server', ready: { tcp: 15672 }, stopWithin: 60 }],
  collect: ['/var/log/rabbitmq/*'],
});
