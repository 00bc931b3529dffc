import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../common/results.ts';
import { FakeCluster, type Shell } from '../../fakes/cluster-under-test.ts';
import { named, outcomes, runCheckFiles } from './check-files.ts';

describe('the cluster in a check file', () => {
  const ended: string[] = [];
  const shell: Shell = async (command, { stdin, timeout, root, signal }, node) => {
    if (command === 'options') return { stdout: JSON.stringify({ stdin, timeout, root, node }) };
    if (command === 'broken') return { exitCode: 1, stderr: 'no leader\n' };
    if (command === 'slow') {
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      ended.push(command);
    }
    return undefined;
  };
  const cluster = new FakeCluster({ shell });
  let results: readonly CheckResult[];

  beforeAll(async () => {
    cluster.node(1).files.set('/etc/etcd.conf', 'name: één\n');
    results = await runCheckFiles(
      {
        'a.check.ts': `
          test('has the nodes, with what is known of them', ({ cluster }) => {
            const { id, name, address, role } = cluster.nodes[1];
            expect({ id, name, address, role }).toEqual({ id: 1, name: 'node1', address: '10.0.0.11', role: 'follower' });
          });
          test('finds a node by id, by name and by role', ({ cluster }) => {
            expect(cluster.node(2)).toBe(cluster.nodes[2]);
            expect(cluster.node('node2')).toBe(cluster.nodes[2]);
            expect(cluster.withRole('follower').map(({ id }) => id)).toEqual([1, 2]);
          });
          test('runs commands; a non-zero exit is a result', async ({ cluster }) => {
            expect(await cluster.node(0).exec('broken')).toMatchObject({ exitCode: 1, stderr: 'no leader\\n' });
            const options = { stdin: 'x', timeout: 5, root: false };
            expect(JSON.parse(await cluster.node(2).sh('options', options))).toEqual({ ...options, node: 2 });
            expect((await cluster.main.exec('on the main host')).stdout).toBe('on the main host\\n');
          });
          test('tells where the main host reaches a port of a node', async ({ cluster }) => {
            expect(await cluster.node(1).endpoint(2379)).toBe('10.0.0.11:2379');
          });
          test('reads files', async ({ cluster }) => {
            expect(await cluster.node(1).readFile('/etc/etcd.conf')).toBe('name: één\\n');
          });
          test('stops, starts and kills services', async ({ cluster }) => {
            const etcd = cluster.node(1).service('etcd');
            expect((await etcd.stop()).state).toBe('stopped');
            expect((await etcd.status()).state).toBe('stopped');
            expect((await etcd.start()).state).toBe('ready');
            expect((await etcd.kill()).state).toBe('died');
            expect((await etcd.kill('STOP')).state).toBe('ready');
          });
          describe('machines', () => {
            test('are rebooted, switched and taken back', async ({ cluster }) => {
              const node = cluster.node(2);
              await node.reboot();
              await node.powerOn();
              await node.snapshot('before');
              await node.restore('before');
            });
            beforeAll(({ cluster }) => cluster.node(1).reboot());
          });
          let members = 0;
          beforeAll(async ({ cluster }) => { members = cluster.nodes.length; });
          beforeEach(async ({ cluster }) => { members += cluster.nodes.length; });
          test('is there in hooks, too', () => expect(members).toBeGreaterThan(3));
          test('tells an unknown node', ({ cluster }) => { cluster.node('node7'); });
          test('tells an unknown role', ({ cluster }) => { cluster.withRole('witness'); });
          test('tells an unknown service', async ({ cluster }) => { await cluster.node(0).service('nginx').status(); });
          test('tells a missing file', async ({ cluster }) => {
            await cluster.node(0).readFile('/nowhere');
          });
          test('tells what a machine cannot', async ({ cluster }) => {
            await cluster.node(1).powerOff();
          });
          test('tells a failed sh', async ({ cluster }) => {
            await cluster.node(0).sh('broken');
          });
          test('ends what a test that ran out of time still asks for', { timeout: 100 }, async ({ cluster }) => {
            await cluster.node(0).sh('slow');
          });
          test('may tidy up after it ran out of time', { timeout: 100 }, async ({ cluster }) => {
            try {
              await eventually(() => cluster.node(0).sh('slow'));
            } finally {
              await cluster.node(2).service('etcd').stop();
            }
          });
          test('comes after one that ran out of time', async ({ cluster }) => {
            await eventually(async () => expect((await cluster.node(2).service('etcd').status()).state).toBe('stopped'));
          });
          test('tries again', async ({ cluster }) => {
            let tries = 0;
            expect(await eventually(() => { tries += 1; expect(tries).toBe(3); return 'x'; }, { every: 0.01 })).toBe('x');
            await eventually(() => expect(tries).toEqual(4), { within: 0.1, every: 0.02 });
          });
        `,
        'b.check.ts':
          "import { test as base } from 'shakedown/check'; base('another file', ({ cluster }) => { expect(cluster.nodes.length).toBe(3); });",
      },
      {},
      cluster,
    );
  });

  const passing = [
    'has the nodes, with what is known of them',
    'finds a node by id, by name and by role',
    'runs commands; a non-zero exit is a result',
    'tells where the main host reaches a port of a node',
    'reads files',
    'stops, starts and kills services',
    'is there in hooks, too',
    'another file',
  ];
  test.each(passing)('%s', (name) => expect(named(results, name)).toMatchObject({ verdict: 'pass' }));

  const failing = {
    'tells an unknown node': "there is no node 'node7'; there are 0 ('node0'), 1 ('node1'), 2 ('node2')",
    'tells an unknown role': "no node has the role 'witness'; roles in this cluster: 'leader', 'follower'",
    'tells an unknown service': "Node 0 (10.0.0.10): there is no service 'nginx'",
    'tells what a machine cannot': 'Node 1 (10.0.0.11): machines of kind fake cannot be switched off and on',
    'tells a missing file': "Node 0 (10.0.0.10): cannot read '/nowhere': No such file or directory",
    'tells a failed sh': "'broken' exited 1 on node 0: no leader",
  };
  test.each(Object.entries(failing))('%s', (name, message) => {
    expect(named(results, name)).toMatchObject({ verdict: 'fail', message });
  });

  test('what is done to a machine is known by the test that asks for it', () => {
    expect(named(results, 'machines > are rebooted, switched and taken back').verdict).toBe('pass');
    const by = 'machines > are rebooted, switched and taken back';
    expect(cluster.node(2).acts).toEqual([
      `reboot by ${by}`,
      `power on by ${by}`,
      `snapshot 'before' by ${by}`,
      `restore 'before' by ${by}`,
    ]);
    expect(cluster.node(1).acts, 'a hook is no test').toEqual(['reboot by nobody']);
  });

  test('an error points to the line of the check file, and to nothing of ours', () => {
    const { detail } = named(results, 'tells a failed sh');
    expect(detail).toMatch(/^at config\/checks\/a\.check\.ts:\d+:35\n/);
    expect(detail).toMatch(/^> \d+ \| +await cluster\.node\(0\)\.sh\('broken'\);$/m);
    expect(JSON.stringify(results)).not.toMatch(/jsonrpc|worker-link|cluster-face/);
  });

  test('ends what a test that ran out of time still asks for', () => {
    expect(named(results, 'ends what a test that ran out of time still asks for').verdict).toBe('fail');
    expect(ended).toEqual(['slow', 'slow']);
  });

  test('lets it tidy up all the same', () => {
    expect(named(results, 'may tidy up after it ran out of time').verdict).toBe('fail');
    expect(named(results, 'comes after one that ran out of time').verdict).toBe('pass');
  });

  test('eventually gives the last failure with the number of attempts and the time', () => {
    const { message, detail } = named(results, 'tries again');
    expect(message).toMatch(/^expected 3 to deeply equal 4 \(after \d attempts in 0\.1 s\)$/);
    expect(detail).toContain('> ');
  });
});

describe('a node that is lost under a test', () => {
  let results: readonly CheckResult[];

  beforeAll(async () => {
    const cluster = new FakeCluster({
      shell: (command, _options, node) => {
        if (command === 'unplug') cluster.node(1).lose();
        return node === 1 ? new Promise(() => {}) : undefined;
      },
    });
    results = await runCheckFiles(
      {
        'a.check.ts': `
          test('fails before', () => expect(1).toBe(2));
          test('loses one', async ({ cluster }) => {
            const waiting = cluster.node(1).sh('wait');
            await cluster.main.exec('unplug');
            await waiting;
          });
          test('meets the lost one', async ({ cluster }) => { await cluster.node(1).exec('x'); });
          test('does not need it', async ({ cluster }) => { expect(await cluster.node(0).sh('y')).toBe('y'); });
          test('fails without it', () => expect(1).toBe(2));
        `,
      },
      {},
      cluster,
    );
  });

  test('makes that test an error, and only that', () => {
    expect(outcomes(results)).toEqual([
      'fail fails before',
      'error loses one',
      'error meets the lost one',
      'pass does not need it',
      'fail fails without it',
    ]);
  });

  test('is named', () => {
    expect(named(results, 'loses one').message).toBe('Node 1 (10.0.0.11): the connection was lost');
  });
});
