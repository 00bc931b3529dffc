import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { machine, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { agentShares } from '../../../main/agent/agent-shares.ts';
import { agentBundle, bundleAgent } from '../../../main/agent/bundle.ts';
import { type InstalledAgent, installAgent, isNear } from '../../../main/agent/install.ts';
import { architectureOf, nodeRuntime } from '../../../main/agent/runtime.ts';
import type { SshServerOptions } from '../../fakes/ssh-server.ts';
import { node as sshNode } from '../remotes/fake-node.ts';
import { LocalRemote } from './local-remote.ts';

const cacheDir = join(tmpdir(), 'shakedown-test-cache');
const log = () => {};

function linkTo(path: string): void {
  renameSync(path, `${path}.other`);
  symlinkSync(`${path}.other`, path);
}

function folderAt(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

/** Other bytes at the end, with the size and the time of before. */
function disguise(path: string): void {
  const { size, atime, mtime } = statSync(path);
  const file = openSync(path, 'r+');
  writeSync(file, 'evil', size - 4);
  closeSync(file);
  utimesSync(path, atime, mtime);
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A node whose commands run with `programs` (shell scripts by name) before the real ones. */
function node(programs: Readonly<Record<string, string>> = {}): LocalRemote {
  const bin = folder();
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return new LocalRemote({ PATH: `${bin}:${process.env.PATH}` });
}

/** What the agent loads from beside it. */
const packOf = (agent: string): string => agent.replace(/cjs$/, 'pack');

/** A node at this address that has none of these tools, as far as its shell finds out. */
function nodeWithout(address: string, ...tools: readonly string[]): LocalRemote {
  const lacking = tools.map((tool) => `${tool}) return 1 ;;`).join(' ');
  const prelude = `command() { case $2 in ${lacking} esac; type "$2"; }; eval "$1"`;
  return new LocalRemote({}, address, ['/bin/sh', '-c', prelude, 'sh']);
}

describe('putting the agent on a node', () => {
  test.each([
    ['a near node gets the runtime as it is', '127.0.0.1', '', []],
    ['a far one packed by zstd', '203.0.113.7', 'zstd', []],
    ['without zstd by gzip', '203.0.113.7', 'gzip', ['zstd']],
    ['without either as it is', '203.0.113.7', '', ['zstd', 'gzip']],
  ] as const)('%s; what arrives runs', async (_, address, by, lacking) => {
    const nodeCache = join(folder(), 'cache');
    const sent: string[] = [];
    const options = { cacheDir, log: (line: string) => void sent.push(line), nodeCache };
    const { runtime, agent } = await installAgent(nodeWithout(address, ...lacking), options);
    const made = await nodeRuntime(architectureOf(machine()), cacheDir);
    const { size } = statSync(by === '' ? made.file : `${made.directory}.${by}`);
    expect(sent.join('\n')).toContain(`sent ${runtime}: ${size} bytes`);
    expect(size / made.size).toBeLessThan(by === '' ? 1.1 : 0.45);
    const sentOfAgent = Number(/agent-\S+\.pack: (\d+) bytes/.exec(sent.join('\n'))?.[1]);
    const pack = packOf(agent);
    expect(sentOfAgent / statSync(pack).size < 0.5).toBe(by !== '');
    expect(spawnSync(runtime, ['-p', 'process.version'], { encoding: 'utf8' }).stdout).toMatch(/^v24\./);
    const bundle = await agentBundle(cacheDir);
    expect(readFileSync(agent)).toEqual(readFileSync(bundle.loader.file));
    expect(readFileSync(pack)).toEqual(readFileSync(bundle.pack.file));
    expect(readdirSync(dirname(runtime))).toEqual(['node']);
  });

  test.each(['cjs', 'pack'])('only what is missing is sent: the agent’s .%s', async (suffix) => {
    const nodeCache = join(folder(), 'cache');
    const installed = await installAgent(node(), { cacheDir, log, nodeCache });
    const agent = installed.agent.replace(/cjs$/, suffix);
    rmSync(agent);
    const sent: string[] = [];
    await installAgent(node(), { cacheDir, log: (line) => void sent.push(line), nodeCache });
    expect(sent.filter((line) => line.startsWith('sent '))).toEqual([
      expect.stringMatching(`^sent ${agent}: `),
    ]);
  });

  describe('what is there is checked by its content before it is used', () => {
    async function installed() {
      const [nodeCache, cacheDir, own] = [join(folder(), 'cache'), folder(), join(folder(), 'node')];
      // A small runtime, for the sake of time.
      writeFileSync(own, `#!/bin/sh\necho 1\nexit\n${'#'.repeat(50_000)}`, { mode: 0o755 });
      process.env.SHAKEDOWN_NODE_RUNTIME = own;
      onTestFinished(() => void delete process.env.SHAKEDOWN_NODE_RUNTIME);
      const paths = await installAgent(node(), { cacheDir, log, nodeCache });
      const right = { runtime: statSync(paths.runtime).size, agent: readFileSync(paths.agent, 'utf8') };
      const again = async (remote = node()) => {
        const sent: string[] = [];
        await installAgent(remote, { cacheDir, log: (line) => void sent.push(line), nodeCache });
        expect(readFileSync(paths.agent, 'utf8')).toBe(right.agent);
        expect(statSync(paths.runtime).size).toBe(right.runtime);
        expect(spawnSync(paths.runtime, ['-p', '1'], { encoding: 'utf8' }).stdout).toBe('1\n');
        return sent.filter((line) => line.startsWith('sent ')).map((line) => line.split(/[ :]/)[1]);
      };
      return { ...paths, pack: packOf(paths.agent), nodeCache, cacheDir, again };
    }

    test.each([
      ['an agent that was replaced', (at: InstalledAgent) => writeFileSync(at.agent, 'evil()'), 'agent'],
      ['an agent of no bytes', (at: InstalledAgent) => writeFileSync(at.agent, ''), 'agent'],
      ['a pack of other bytes', (at: { readonly pack: string }) => writeFileSync(at.pack, 'evil()'), 'pack'],
      ['an agent that is a link', (at: InstalledAgent) => linkTo(at.agent), 'agent'],
      ['a runtime of no bytes', (at: InstalledAgent) => writeFileSync(at.runtime, ''), 'runtime'],
      ['a runtime that is a folder', (at: InstalledAgent) => folderAt(at.runtime), 'runtime'],
      ['a runtime of the same size and time', (at: InstalledAgent) => disguise(at.runtime), 'runtime'],
    ] as const)('%s is sent again', async (_, change, what) => {
      const at = await installed();
      change(at);
      expect(await at.again()).toEqual([at[what]]);
      expect(await at.again()).toEqual([]);
    });

    test('a runtime is read only once, as long as nothing changes it', async () => {
      const { again, nodeCache, agent, pack } = await installed();
      const read = join(nodeCache, '..', 'read');
      const remote = node({
        sha256sum: `tee -a ${read}.bytes | /usr/bin/sha256sum; stat -c %s ${read}.bytes > ${read}`,
      });
      expect(await again(remote)).toEqual([]);
      expect(Number(readFileSync(read, 'utf8'))).toBe(statSync(agent).size + statSync(pack).size);
    });

    test('nothing is run from a folder in which others may write', async () => {
      const { nodeCache, again } = await installed();
      chmodSync(nodeCache, 0o777);
      await expect(again()).rejects.toMatchObject({
        message: expect.stringContaining(`others may write into ${nodeCache}`),
        details: { hint: expect.stringContaining('chmod 755') },
      });
    });
  });

  describe('a big file goes by SFTP', () => {
    /**
     * Installs a runtime of 3 MB on a node with such an sshd, and such programs; gives what was logged of it.
     */
    async function installOn(options: SshServerOptions, programs: Readonly<Record<string, string>> = {}) {
      const [nodeCache, cacheDir, own, bin] = [
        join(folder(), 'cache'),
        folder(),
        join(folder(), 'node'),
        folder(),
      ];
      writeFileSync(own, `#!/bin/sh\necho 1\nexit\n${'#'.repeat(3_000_000)}`, { mode: 0o755 });
      process.env.SHAKEDOWN_NODE_RUNTIME = own;
      onTestFinished(() => void delete process.env.SHAKEDOWN_NODE_RUNTIME);
      for (const [name, body] of Object.entries(programs))
        writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
      const remote = await (
        await sshNode({ env: { PATH: `${bin}:${process.env.PATH}` }, ...options })
      ).connect();
      const lines: string[] = [];
      const { runtime } = await installAgent(remote, {
        cacheDir,
        log: (line) => void lines.push(line),
        nodeCache,
      });
      expect(spawnSync(runtime, { encoding: 'utf8' }).stdout).toBe('1\n');
      expect(readFileSync(runtime).equals(readFileSync(own))).toBe(true);
      expect(readdirSync(dirname(runtime))).toEqual(['node']);
      const staged = /\/var\/tmp\/shakedown-[0-9a-f-]+/.exec(lines.join('\n'))?.[0];
      if (staged !== undefined) expect(existsSync(staged)).toBe(false);
      return lines.filter((line) => !/\/agent[-/]/.test(line));
    }

    test('a runtime, where sshd offers it', async () => {
      expect(await installOn({})).toEqual([
        expect.stringMatching(/^sent .*\/node: \d+ bytes in \d+ ms by SFTP$/),
      ]);
    });

    test.each([
      ['where sshd has none, it goes through the channel', { sftp: false }],
      ['where its server does not start, too', { sftp: '/bin/false' }],
    ] as const)('%s', async (_, options) => {
      expect(await installOn(options)).toEqual([
        expect.stringMatching(/^\S+ could not be sent to \/var\/tmp\/.*; it is sent through the channel$/),
        expect.stringMatching(/^sent .*\/node: \d+ bytes in \d+ ms$/),
      ]);
    });

    test('what arrives with another digest is sent again', async () => {
      const evil = 'case $2 in /var/tmp/*) tr 1 2 <"$2" >"$3"; rm "$2" ;; *) exec /bin/mv "$@" ;; esac';
      expect(await installOn({}, { mv: evil })).toEqual([
        expect.stringMatching(/could not be put on the node .*; it is sent through the channel$/),
        expect.stringMatching(/^sent .*\/node: \d+ bytes in \d+ ms$/),
      ]);
    });

    test('what never arrives with its digest is refused', async () => {
      await expect(
        installOn(
          {},
          {
            cat: '/bin/cat "$@" | tr 1 2',
            mv: 'case $2 in /var/tmp/*) tr 1 2 <"$2" >"$3" ;; *) exec /bin/mv "$@" ;; esac',
          },
        ),
      ).rejects.toThrow('could not be put on the node');
    });
  });

  test('a connection that breaks in the middle leaves nothing that looks whole', async () => {
    const nodeCache = join(folder(), 'cache');
    // Only the beginning arrives.
    const remote = node({ cat: 'exec head -c 1000' });
    await expect(installAgent(remote, { cacheDir, log, nodeCache })).rejects.toThrow(
      'could not be put on the node',
    );
    expect(
      readdirSync(nodeCache, { recursive: true }).filter((name) => !/^node-[0-9a-f]+$/.test(String(name))),
    ).toEqual([]);
  });

  test('a full disk is told with what to do', async () => {
    const remote = node({ cat: 'echo "cat: write error: No space left on device" >&2; exit 1' });
    await expect(
      installAgent(remote, { cacheDir, log, nodeCache: join(folder(), 'cache') }),
    ).rejects.toMatchObject({
      details: {
        message: expect.stringMatching(/^no space left on the node/),
        hint: expect.stringContaining('df -h'),
      },
    });
  });

  test('without root rights the way to them is told', async () => {
    const remote = node({ uname: 'echo "sudo: a password is required" >&2; kill $PPID' });
    await expect(
      installAgent(remote, { cacheDir, log, nodeCache: join(folder(), 'cache') }),
    ).rejects.toMatchObject({
      details: {
        message: expect.stringContaining('root without a password'),
        hint: expect.stringContaining('NOPASSWD'),
      },
    });
  });

  test('a processor without an agent is told', async () => {
    const remote = node({ uname: 'echo riscv64' });
    await expect(installAgent(remote, { cacheDir, log, nodeCache: join(folder(), 'cache') })).rejects.toThrow(
      "'riscv64' processor",
    );
  });
});

describe('what is sent', () => {
  test('the bundle is made once, and looked for once by all nodes', async () => {
    const cache = folder();
    const [first, second] = await Promise.all([agentBundle(cache), agentBundle(cache)]);
    const { mtimeMs } = statSync(first.pack.file);
    expect(second).toBe(first);
    expect(await agentBundle(cache)).toBe(first);
    expect(statSync(first.pack.file).mtimeMs).toBe(mtimeMs);
  });

  test.each(['loader', 'pack'] as const)('a %s that was tidied away is made again', async (part) => {
    const cache = folder();
    const { [part]: made } = await agentBundle(cache);
    rmSync(made.file);
    const [again] = await Promise.all([agentBundle(cache), agentBundle(cache)]);
    expect(again[part].sha256).toBe(made.sha256);
    expect(existsSync(made.file)).toBe(true);
  });

  test('the bundle needs no package on the node', async () => {
    const file = join(folder(), 'agent.cjs');
    await bundleAgent(file);
    const bundle = readFileSync(file, 'utf8');
    const imports = [...bundle.matchAll(/\brequire\(["'`]([^"'`]+)["'`]\)/g)].map(([, name = '']) => name);
    expect(imports.length).toBeGreaterThan(5);
    expect(imports.filter((name) => !isBuiltin(name))).toEqual([]);
    // It would fail in one that was precompiled.
    expect(bundle).not.toMatch(/\bimport\(/);
  });

  test('the runtime is prepared once', async () => {
    const architecture = architectureOf(machine());
    const first = await nodeRuntime(architecture, cacheDir);
    const { ctimeMs } = statSync(first.file);
    expect(await nodeRuntime(architecture, cacheDir)).toEqual(first);
    expect(statSync(first.file).ctimeMs).toBe(ctimeMs);
  });

  test('SHAKEDOWN_NODE_RUNTIME takes another one, and is checked', async () => {
    const own = join(folder(), 'my-node');
    const env = { SHAKEDOWN_NODE_RUNTIME: own };
    await expect(nodeRuntime('arm64', folder(), env)).rejects.toThrow(`SHAKEDOWN_NODE_RUNTIME names ${own}`);
    writeFileSync(own, 'not even ELF');
    const { file } = await nodeRuntime('arm64', folder(), env);
    expect(readFileSync(file, 'utf8')).toBe('not even ELF');
  });

  test('shares put it where the node would have it', async () => {
    const nodeCache = join(folder(), 'cache');
    mkdirSync(nodeCache);
    const remote = node();
    const { runtime, agent } = await installAgent(remote, { cacheDir, log, nodeCache });
    const targets = (await agentShares(cacheDir)).map(({ target }) =>
      target.replace('/var/cache/shakedown', nodeCache),
    );
    expect(targets).toEqual([dirname(runtime), agent, packOf(agent)]);
  });
});

test.each([
  ['127.0.0.1', true],
  ['192.168.7.20', true],
  ['fd00::20', true],
  ['203.0.113.7', false],
  ['a.host.name', false],
])('%s is near: %s', (address, near) => {
  const interfaces = {
    lo: [
      {
        address: '127.0.0.1',
        cidr: '127.0.0.1/8',
        family: 'IPv4' as const,
        netmask: '',
        mac: '',
        internal: true,
      },
    ],
    eth0: [
      {
        address: '192.168.7.1',
        cidr: '192.168.7.1/24',
        family: 'IPv4' as const,
        netmask: '',
        mac: '',
        internal: false,
      },
      {
        address: 'fd00::1',
        cidr: 'fd00::1/64',
        family: 'IPv6' as const,
        netmask: '',
        mac: '',
        internal: false,
        scopeid: 0,
      },
    ],
  };
  expect(isNear(address, interfaces)).toBe(near);
});
