import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { enableProgram } from '../../../../main/providers/capabilities.ts';
import { runScript } from '../../../../main/providers/host/root-script.ts';
import { shellFile } from '../../../../main/providers/host/shell-file.ts';
import { readSurvey } from '../../../../main/providers/layers/layer-files.ts';

const scripts = join(import.meta.dirname, '../../../../main/providers/nspawn/layers');
const failure = { message: 'the script failed' };
const explain = (stderr: string) => ({ message: stderr });

/** A node's folder with a base tree, and what was written over it; each file with its contents. */
function node(written: Record<string, string>, tree: Record<string, string> = {}) {
  const home = mkdtempSync(join(tmpdir(), 'node-'));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  mkdirSync(join(home, 'disk/upper/var/lib/dpkg/info'), { recursive: true });
  for (const [path, text] of Object.entries(tree)) write(join(home, 'tree', path), text);
  for (const [path, text] of Object.entries(written)) write(join(home, 'disk/upper', path), text);
  return { home, layers: join(home, 'layers'), upper: join(home, 'disk/upper') };
}

const survey = async (home: string, known: readonly string[] = [], names: readonly string[] = []) =>
  readSurvey(
    await runScript([], shellFile(scripts, 'survey-layer.sh', { home, known, names }), { failure, explain }),
  );

const save = (home: string, layers: string, more: object = {}) => {
  const values = { key: 'layer-0123456789abcdef', about: '{"a":1}', description: 'etcd', without: [] };
  const script = shellFile(scripts, 'save-layer.sh', {
    ...{
      home,
      layers,
      ...values,
      keep_days: 14,
      enable: enableProgram,
      state_home: join(home, 'state'),
      ...more,
    },
  });
  return runScript([], script, { failure, explain });
};

describe('a look through what was installed', () => {
  const list = 'var/lib/dpkg/info';

  test('finds files that no package has, and the package of the nearest folder', async () => {
    const { home } = node(
      {
        [`${list}/etcd.list`]: '/.\n/etc\n/etc/etcd\n/etc/etcd/etcd.conf\n/lib/systemd/system/etcd.service\n',
        'etc/etcd/etcd.conf': 'its own',
        'usr/lib/systemd/system/etcd.service': 'merged into /usr',
        'etc/etcd/tls/a key': 'random',
        'etc/other': 'random',
        'etc/empty': '',
      },
      { [`${list}/base.list`]: '/.\n/etc\n/etc/base.conf\n' },
    );
    const { strays } = await survey(home);
    expect(strays.map(({ path, owner }) => [path, owner])).toEqual([
      ['/etc/etcd/tls/a key', 'etcd'],
      ['/etc/other', undefined],
    ]);
    expect(strays[0]?.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('leaves out what is known, and what makes the machine itself', async () => {
    const { home, upper } = node({
      'etc/hostname': 'build-1',
      'etc/ssh/ssh_host_ed25519_key': 'secret',
      'root/.ssh/authorized_keys': 'ours',
      'var/lib/shakedown/agent/id.json': '"1"',
      'var/lib/shakedown/agent/held-back.json': '["etcd"]',
      'var/log/dpkg.log': 'installed',
    });
    expect(await survey(home, ['^/var/(log|lib/shakedown)/'])).toEqual({ strays: [], named: [], asking: [] });
    expect(existsSync(join(upper, 'etc/hostname'))).toBe(false);
    expect(existsSync(join(upper, 'root/.ssh'))).toBe(false);
    expect(existsSync(join(upper, 'var/lib/shakedown/agent/id.json'))).toBe(false);
    // Units that wait for their config are known to the nodes that start from it.
    expect(readFileSync(join(upper, 'var/lib/shakedown/agent/held-back.json'), 'utf8')).toBe('["etcd"]');
  });

  test('finds the files in which the machine’s name stands, those of packages too', async () => {
    const written = { [`${list}/mta.list`]: '/etc/mta.conf\n', 'etc/mta.conf': 'name = build-77\n' };
    const { home } = node({ ...written, 'var/log/mta.log': 'build-77' });
    expect((await survey(home, ['^/var/log/'], ['build-77', '10.1.2.3'])).named).toEqual(['/etc/mta.conf']);
  });
});

test('a package that asks for the machine’s name as it comes in is found', async () => {
  const list = 'var/lib/dpkg/info';
  const { home } = node({
    [`${list}/db.list`]: '/.\n',
    [`${list}/db.postinst`]: '#!/bin/sh\nid=$(hostname)\n',
    [`${list}/web.list`]: '/.\n',
    [`${list}/web.postinst`]: '#!/bin/sh\n  # hostname: not asked for\necho web.hostname.conf $my_hostname',
    [`${list}/mta:amd64.list`]: '/.\n',
    [`${list}/mta:amd64.config`]: 'echo "$HOSTNAME"',
    // It came with the base.
    [`${list}/old.postinst`]: 'hostname',
  });
  expect((await survey(home)).asking).toEqual(['db.postinst', 'mta:amd64.config']);
});

describe('a layer', () => {
  test('is what was written, renamed, with its text; what each node has for itself is left out', async () => {
    const { home, layers, upper } = node({ 'etc/etcd.conf': 'x', 'etc/ssl/key.pem': 'random' });
    symlinkSync('key.pem', join(upper, 'etc/ssl/0a1b2c.0'));
    await survey(home);
    await save(home, layers, { without: ['/etc/ssl/key.pem'] });
    const layer = join(layers, 'layer-0123456789abcdef');
    expect(readFileSync(join(layer, 'upper/etc/etcd.conf'), 'utf8')).toBe('x');
    expect(readFileSync(join(layer, 'layer.json'), 'utf8')).toBe('{"a":1}\n');
    expect(existsSync(join(layer, 'upper/etc/ssl/key.pem'))).toBe(false);
    expect(() => readlinkSync(join(layer, 'upper/etc/ssl/0a1b2c.0'))).toThrow('ENOENT');
    expect([existsSync(upper), existsSync(join(home, 'disk/work'))]).toEqual([false, false]);
  });

  test('starts nothing at boot: what its packages enabled is enabled by a program on the node', async () => {
    const { home, layers, upper } = node(
      { 'etc/systemd/system/etcd.service.d/own.conf': '[Service]' },
      { 'etc/systemd/system/multi-user.target.wants/ssh.service': '' },
    );
    const wants = 'etc/systemd/system/multi-user.target.wants';
    mkdirSync(join(upper, wants), { recursive: true });
    mkdirSync(join(upper, 'etc/rc2.d'));
    symlinkSync('/lib/systemd/system/etcd.service', join(upper, wants, 'etcd.service'));
    symlinkSync('../init.d/old', join(upper, 'etc/rc2.d/S01old'));
    symlinkSync('../init.d/old', join(upper, 'etc/rc2.d/K01old'));
    await save(home, layers);
    const root = join(layers, 'layer-0123456789abcdef/upper');
    expect(readdirSync(join(root, wants))).toEqual([]);
    expect(readdirSync(join(root, 'etc/rc2.d'))).toEqual(['K01old']);
    const program = readFileSync(join(root, 'var/lib/shakedown/enable'), 'utf8');
    expect(program.split('\n').sort()).toEqual([
      '',
      'mkdir -p /etc/rc2.d; ln -sfn ../init.d/old /etc/rc2.d/S01old',
      `mkdir -p /${wants}; ln -sfn /lib/systemd/system/etcd.service /${wants}/etcd.service`,
      'rm /var/lib/shakedown/enable',
      'set -e',
    ]);
  });

  test('is not made where a link would lead root to files of the main host', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    const key = join(outside, 'ssh_host_ed25519_key');
    writeFileSync(key, 'of the main host');
    const { home, layers, upper } = node({ 'etc/x': '1' });
    symlinkSync(outside, join(upper, 'etc/ssh'));
    await expect(survey(home)).rejects.toThrow('the installation made a link of /etc/ssh');
    const without = ['/etc/ssh/ssh_host_ed25519_key'];
    await expect(save(home, layers, { without })).rejects.toThrow('made a link of /etc/ssh');
    rmSync(join(upper, 'etc/ssh'));
    symlinkSync(outside, join(upper, 'var/lib/shakedown'));
    await expect(save(home, layers)).rejects.toThrow('made a link of /var/lib/shakedown');
    expect(readdirSync(outside)).toEqual(['ssh_host_ed25519_key']);
    expect(readdirSync(layers)).toEqual(['layer-0123456789abcdef.lock']);
  });

  test('takes the place of an earlier one, which stays for as long as machines lie over it', async () => {
    const first = node({ 'etc/build': '1' });
    const { layers } = first;
    await save(first.home, layers);
    const old = join(layers, readlinkSync(join(layers, 'layer-0123456789abcdef')));
    const cluster = join(first.home, 'state/nspawn/abc123');
    mkdirSync(cluster, { recursive: true });
    symlinkSync(old, join(cluster, 'layer'));
    const again = async (build: string) => {
      const { home } = node({ 'etc/build': build });
      await save(home, layers, { state_home: join(first.home, 'state') });
    };
    await again('2');
    expect(readFileSync(join(old, 'upper/etc/build'), 'utf8')).toBe('1');
    expect(readFileSync(join(layers, 'layer-0123456789abcdef/upper/etc/build'), 'utf8')).toBe('2');
  });

  test('that nobody asked for in a fortnight goes when another is made, and its lock with it', async () => {
    const { home, layers } = node({ 'etc/build': '1' });
    await save(home, layers, { key: 'layer-1111111111111111' });
    const then = new Date(Date.now() - 16 * 86_400_000);
    utimesSync(join(layers, 'layer-1111111111111111.lock'), then, then);
    await save(node({ 'etc/build': '2' }).home, layers);
    const names = readdirSync(layers).map((name) => name.replace(/\.\d+\.\d+$/, '.BUILD'));
    const kept = 'layer-0123456789abcdef';
    expect(names.sort()).toEqual([kept, `${kept}.BUILD`, `${kept}.about`, `${kept}.lock`]);
  });

  test('is not there at all where the disk is full, or was when its maker was killed', async () => {
    const { home } = node({});
    const place = join(home, 'small');
    mkdirSync(place);
    // In a mount namespace of its own; what fills it leaves no block for the text.
    const script = [
      `mount -t tmpfs -o size=64k tmpfs ${place}`,
      `mkdir -p ${place}/home/disk/upper/etc ${place}/layers/layer-0123456789abcdef.part-1`,
      `echo x > ${place}/home/disk/upper/etc/x`,
      `dd if=/dev/zero of=${place}/fill bs=4k 2>/dev/null || :`,
      `trap 'echo left: $(ls ${place}/layers) >&2' EXIT`,
    ].join('\n');
    const values = { home: `${place}/home`, layers: `${place}/layers`, key: 'layer-0123456789abcdef' };
    const about = {
      about: 'x'.repeat(5000),
      description: 'etcd',
      without: [],
      keep_days: 14,
      enable: enableProgram,
    };
    const saving = shellFile(scripts, 'save-layer.sh', { ...values, ...about, state_home: home });
    const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
    const failed = runScript([...root, 'unshare', '--mount'], `${script}\n${saving}`, {
      failure,
      explain: (stderr) => ({ message: stderr }),
    });
    await expect(failed).rejects.toThrow(/No space left on device(.|\n)*left: layer-0123456789abcdef.lock$/m);
  });
});
