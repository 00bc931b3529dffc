import { expect, test } from 'vitest';
import { clusterIds, leftovers, mainConfig, result, scenario, shakedown } from '../harness.ts';

/** Tells its journal much before it serves one client, whom it then leaves for good. */
const leader = `use IO::Socket::INET;
$| = 1;
print "line $_ of many, all of them different: ", rand, "\\n" for 1 .. 30000;
my $server = IO::Socket::INET->new(LocalPort => 7000, Listen => 1, ReuseAddr => 1) or die;
print "serving\\n";
my $client = $server->accept;
sleep 1;
exit 3;
`;

const follower = `use IO::Socket::INET;
my $leader = IO::Socket::INET->new(PeerAddr => 'node0', PeerPort => 7000) or die;
<$leader>;
# As long as programs need at least to see that they cannot go on.
select undef, undef, undef, 0.05;
print "the leader has gone\\n";
exit 4;
`;

const unit = `[Service]
ExecStart=/usr/bin/perl /srv/shakedown/leader.pl
LogRateLimitIntervalSec=0
`;

test('of two services that die, the one that died first is the cause, though its long log has it told later', async () => {
  const directory = scenario({
    'config/main.config.ts': mainConfig(
      "nodes: nspawn({ count: 2 }), checks: [command({ name: 'long', command: 'sleep 8', on: 'first' })]",
    ),
    'config/node.config.ts': `import { defineNode } from 'shakedown';
export default defineNode(({ id }) => id === 0
  ? {
      place: [{ from: 'leader.service', to: '/etc/systemd/system/leader.service' }],
      services: [{ name: 'leader', unit: 'leader', ready: { log: 'serving' } }],
    }
  : { services: [{ name: 'follower', command: 'exec perl follower.pl', after: { service: 'leader' } }] });`,
    'node_files/leader.pl': leader,
    'node_files/follower.pl': follower,
    'node_files/leader.service': unit,
  });
  const { exitCode, stdout, all } = await shakedown(directory, ['run']);
  expect(exitCode, all).toBe(1);
  const { failures } = result(directory);
  expect(failures.map(({ node, message }) => [node, message])).toEqual([
    [0, "service 'leader' ended unasked with exit code 3"],
    [1, "service 'follower' ended unasked with exit code 4"],
  ]);
  expect(stdout).toMatch(/First cause\n +Node 0 \(10\.[\d.]+\): service 'leader' ended unasked/);
  expect(stdout).toMatch(/first cause(?:, before the one above)?: Node 0 /);
  expect(stdout).toMatch(/After it\n +Node 1 .*'follower' ended unasked with exit code 4 \(\d+ ms later\)/);
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});
