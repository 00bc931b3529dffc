import { defineNode } from 'shakedown';

export default defineNode({
  packages: ['etcd-server', 'etcd-client'],
  setup: [
    // A member that finds its data joins the cluster that these are of, which an earlier run had.
    {
      name: 'forget earlier data',
      run: 'rm -rf /var/lib/etcd/default && install -d -o etcd -g etcd -m 700 /var/lib/etcd',
    },
  ],
  place: [{ from: 'etcd.env', to: '/etc/default/etcd', mode: 0o644 }],
  services: [
    {
      name: 'etcd',
      unit: 'etcd',
      // Not ready before a majority is there and has elected a leader.
      ready: { http: 'http://127.0.0.1:2379/health' },
      // A leader whose followers stop at the same moment tries for 7 s to hand over to one of them.
      stopWithin: 1,
    },
  ],
});
