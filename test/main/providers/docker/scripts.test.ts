import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { settingsOf } from '../../../../main/providers/docker/docker-options.ts';
import { dockerEngine } from '../../../../main/providers/docker/engines/docker-engine.ts';
import type { Engine } from '../../../../main/providers/docker/engines/engine.ts';
import { podmanEngine } from '../../../../main/providers/docker/engines/podman-engine.ts';
import { containerPlan, limitFlags } from '../../../../main/providers/docker/machines/container-plan.ts';
import {
  type CreatePlan,
  createScript,
  shareFlag,
} from '../../../../main/providers/docker/machines/create-script.ts';
import { destroyScript } from '../../../../main/providers/docker/machines/destroy-script.ts';
import { runScript } from '../../../../main/providers/host/root-script.ts';

const settings = settingsOf({ count: 2, memory: '128M', cpus: 0.5, pids: 100 });
const image = { name: 'localhost/shakedown:bookworm-0', command: ['/sbin/init'] };
const containers = [0, 1].map((id) => containerPlan({ id, name: `n${id}` }, settings, image));
const plan = {
  cluster: 'abc123',
  state: { id: 'abc123', owner: { pid: 1, startTime: '5' }, engine: { kind: 'podman' } },
  owner: '{"pid":1}',
  subnets: ['10.1.2', '10.1.3'],
  resolver: {
    servers: ['192.0.2.1', 'main'],
    loopback: '127.0.0.1',
    rest: ['search example.org', 'options edns0'],
  },
  containers,
  user: 'joe',
  publicKey: 'ssh-ed25519 AAAA it’s mine',
  shares: [{ source: '/a, "b', target: '/c' }],
} as const;
const engines = {
  'root’s Podman': { engine: podmanEngine(0), ports: [] },
  'a user’s Podman': { engine: podmanEngine(1001), ports: [40001, 40002] },
  Docker: { engine: dockerEngine({ CgroupVersion: '2' }, 'unix:///var/run/docker.sock'), ports: [] },
};

/** What the create script passes to `run` or `create` for the second container. */
function wordsFor(name: keyof typeof engines, other: Partial<CreatePlan> = {}): readonly string[] {
  const script = createScript({ ...plan, ...engines[name], ...other });
  const [definitions] = script.split('\nmust_have_shares\n');
  const show = `net=10.1.2; container_words 1; printf '%s\\n' "\${words[@]}"`;
  return execaSync('bash', ['-eu', '-c', `${definitions}\n${show}`]).stdout.split('\n');
}

describe.each(Object.keys(engines) as (keyof typeof engines)[])('the scripts for %s', (name) => {
  const { engine, ports } = engines[name];
  const create = createScript({ ...plan, engine, ports });

  test('a subnet is chosen under the lock of all kinds: parts of a mixed cluster try the same ones first', () =>
    expect(create).toMatch(/^network_lock='?\/run\/shakedown-nspawn\.lock'?$/m));

  test.each([
    ['create', create],
    ['destroy', destroyScript(engine, 'abc123')],
  ])('%s is what bash takes for a script', (_what, script) =>
    expect(execaSync('bash', ['-n'], { input: script, reject: false }).stderr).toBe(''),
  );

  test('have the state on disk before anything is made', () => {
    const doing = create.slice(create.indexOf('\nmust_have_shares\n')).split('\n');
    const lines = ['make_folder', 'make_network', '  make_node "$index" &'];
    const at = lines.map((line) => doing.indexOf(line));
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(0);
  });

  test('label what they make', () => {
    expect(wordsFor(name)).toContain('--label=shakedown.cluster=abc123');
    expect(create).toContain("'--label=shakedown.cluster=abc123' '--label=shakedown.owner={\"pid\":1}')");
  });
});

describe('destroying', () => {
  /** An engine that lists containers until they are removed, each on its own line with its labels. */
  const removedOf = async (engine: Engine, lines: readonly string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'engine-'));
    const [list, removed] = [join(folder, 'list'), join(folder, 'removed')];
    writeFileSync(list, lines.map((line) => `${line}\n`).join(''));
    writeFileSync(
      join(folder, 'engine'),
      `case $1 in
  ps) cat ${list} ;;
  rm) shift; while [ $# -gt 0 ]; do sed -i "/^$1 /d" ${list}; echo "$1" >> ${removed}; shift; done ;;
esac`,
    );
    const network = 'engine' as const;
    const fake: Engine = { ...engine, network, command: ['sh', join(folder, 'engine')] };
    await runScript([], destroyScript(fake, 'abc123'), { failure: { message: 'not destroyed' } });
    const words = readFileSync(removed, { encoding: 'utf8', flag: 'a+' }).split('\n');
    return words.filter((word) => word !== '' && !/^(-[fv]|-t|0)$/.test(word));
  };

  test.each([
    ['podman', podmanEngine(1001), 'map[shakedown.cluster:abc123 x:y]', 'map[shakedown.cluster:abc124]'],
    [
      'docker',
      dockerEngine({}, 'unix:///var/run/docker.sock'),
      'x=y,shakedown.cluster=abc123',
      'shakedown.cluster=abc124',
    ],
  ] as const)(
    'finds what %s holds by name, and by label where it was renamed',
    async (_kind, engine, ours, others) =>
      expect(
        await removedOf(engine, [
          `shakedown-abc123-0 ${ours}`,
          `renamed ${ours}`,
          'shakedown-abc123-1 ',
          `shakedown-abc124-0 ${others}`,
          'shakedown-abc123-0-theirs ',
        ]),
      ).toEqual(['shakedown-abc123-0', 'renamed', 'shakedown-abc123-1']),
  );

  test('says which containers cannot be removed', async () => {
    const engine: Engine = { ...podmanEngine(1001), command: ['echo', 'shakedown-abc123-7'] };
    await expect(
      runScript([], destroyScript(engine, 'abc123'), { failure: { message: 'not destroyed' } }),
    ).rejects.toMatchObject({
      details: { lastLines: [expect.stringContaining('cannot be removed: shakedown-abc123-7')] },
    });
  });
});

test('ssh is published where the main host cannot reach the containers', () => {
  expect(wordsFor('a user’s Podman')).toContain('--publish=127.0.0.1:40002:22');
  expect(wordsFor('Docker').join()).not.toContain('--publish');
});

test('containers know one another by name', () =>
  expect(wordsFor('Docker')).toEqual(
    expect.arrayContaining(['--add-host=n0:10.1.2.2', '--add-host=n1:10.1.2.3']),
  ));

test('root’s Podman gets namespaces and cgroups of ours, others their engine’s', () => {
  expect(wordsFor('root’s Podman')).toEqual(
    expect.arrayContaining([
      '--network=ns:/run/netns/sk-abc123-1',
      '--cgroup-parent=/shakedown-docker/abc123',
      '--dns=192.0.2.1',
      '--dns=10.1.2.1',
      '--dns-search=example.org',
      '--dns-opt=edns0',
    ]),
  );
  expect(wordsFor('Docker')).toEqual(expect.arrayContaining(['--network=shakedown-abc123', '--ip=10.1.2.3']));
  expect(createScript({ ...plan, ...engines.Docker })).toContain('com.docker.network.bridge.name=skabc123');
});

test('a systemd is shut down by its own signal, a plain sshd by the usual one', () => {
  expect(wordsFor('root’s Podman')).toContain('--stop-signal=SIGRTMIN+3');
  const sshd = containers.map((container) => ({ ...container, command: ['/usr/sbin/sshd', '-D'] }));
  expect(wordsFor('Docker', { containers: sshd })).toContain('--stop-signal=SIGTERM');
});

test('a container runs our first program, and that the command of its image, whatever is in it', () => {
  const command = ["it's", '$HOME', 'a b'];
  const other = { containers: containers.map((container) => ({ ...container, command })) };
  expect(wordsFor('Docker', other).slice(-7)).toEqual([
    'localhost/shakedown:bookworm-0',
    '/.shakedown/given/init',
    'systemd',
    'joe',
    ...command,
  ]);
});

test('paths of shares may hold commas and quotes', () =>
  expect(shareFlag({ source: '/a, "b', target: '/c' })).toBe(
    '--mount=type=bind,"source=/a, ""b",target=/c,readonly',
  ));

test('limits become flags, and no swap is added to memory', () => {
  expect(limitFlags({ memory: 1024, cpus: 0.5, pids: 99, disk: 5 })).toEqual([
    '--memory=1024',
    '--memory-swap=1024',
    '--cpus=0.5',
    '--pids-limit=99',
    '--storage-opt=size=5',
  ]);
  expect(limitFlags({})).toEqual([]);
});

describe('what runs first in a container', () => {
  const init = join(import.meta.dirname, '../../../../main/providers/docker/machines/init.sh');
  const initScript = readFileSync(init, 'utf8');
  const run = (args: readonly string[]) =>
    execaSync('sh', ['-s', ...args], {
      // Without the parts that change the machine: what is left says what would be run.
      input: initScript
        .replaceAll('here=/.shakedown', 'here=/nonexistent')
        .replace(/if \[ ! -e \$here\/authorized \][\s\S]*?\nfi\n/, '')
        .replace(/^\{ cat [\s\S]*?set here'\n/m, '')
        .replace(/mkdir -p \/run\/sshd(; chmod 755 \/run\/sshd)?/g, ':')
        .replace(/mount -o remount,bind,rw/g, 'true')
        .replace(/exec /g, 'echo '),
      reject: false,
    }).stdout;

  test('is what a shell takes for a script', () =>
    expect(execaSync('sh', ['-n'], { input: initScript, reject: false }).stderr).toBe(''));

  test.each([
    [['systemd', 'root', '/sbin/init'], '/sbin/init'],
    [['systemd', 'root', '/usr/sbin/sshd', '-D', '-e'], '/usr/sbin/sshd -D -e'],
    [['sshd', 'root', '/sbin/init'], expect.stringMatching(/sshd -D -e$/)],
    [['sshd', 'root', 'bash'], expect.stringMatching(/sshd -D -e$/)],
  ])('%j ends in the right init', (args, expected) => expect(run(args).split('\n')[0]).toEqual(expected));
});
