import { defineNode } from 'shakedown';

export default defineNode({
  packages: ['mariadb-server', 'galera-4'],
  place: [{ from: 'galera.cnf', to: '/etc/mysql/mariadb.conf.d/99-galera.cnf' }],
  setup: [
    // The first one makes the cluster that the others join (mariadb's galera_new_cluster does the same).
    {
      name: 'a new cluster',
      run: "systemctl set-environment _WSREP_NEW_CLUSTER='--wsrep-new-cluster'",
      on: 'first',
    },
    {
      name: 'as any other',
      run: 'systemctl unset-environment _WSREP_NEW_CLUSTER',
      on: 'first',
      when: 'after',
    },
  ],
  services: [
    {
      name: 'mariadb',
      unit: 'mariadb',
      after: 'first',
      ready: { command: `mariadb -BNe "SHOW STATUS LIKE 'wsrep_ready'" | grep -qw ON` },
      stopWithin: 60,
    },
  ],
});
