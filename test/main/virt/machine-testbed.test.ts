import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ShakedownError } from '../../../common/errors.ts';
import type { LedgerEntry, RunContext } from '../../../main/context/run-context.ts';
import type { Cluster, MachinesSpec, Provider } from '../../../main/providers/provider.ts';
import { MachineTestbed } from '../../../main/virt/machine-testbed.ts';
import { type FakeNode, folder, node } from '../remotes/fake-node.ts';

/** A provider whose machines are ssh servers that run commands on this machine. */
class LocalProvider implements Provider {
  readonly name = 'local';
  readonly calls: string[] = [];
  readonly #node: FakeNode;

  constructor(fake: FakeNode) {
    this.#node = fake;
  }

  makes = true;
  probe = async () => ({ ok: true });
  preview = async () => [];
  list = async () => [];

  async create({ cluster, machines }: MachinesSpec): Promise<Cluster> {
    this.calls.push('create');
    const ssh = this.#node.target;
    const made = machines.map((machine) => ({ ...machine, address: ssh.host, ssh }));
    return { id: cluster, provider: this.name, machines: made, borrowed: false };
  }

  async destroy(): Promise<void> {
    this.calls.push('destroy');
  }
}

class SnapshottingProvider extends LocalProvider {
  async snapshot(which: { name: string }): Promise<void> {
    this.calls.push(`snapshot ${which.name}`);
  }

  async restore(which: { name: string }): Promise<void> {
    this.calls.push(`restore ${which.name}`);
  }
}

/** A closed testbed on an ssh server; the folder that it gives goes with the test. */
async function testbedOf(Kind: typeof LocalProvider, more: { timeout?: number } = {}) {
  const fake = await node();
  const provider = new Kind(fake);
  const open = new Map<string, LedgerEntry>();
  const key = fake.target.keyFile ?? '';
  writeFileSync(`${key}.pub`, 'not looked at');
  const ctx: RunContext = {
    signal: new AbortController().signal,
    emit: () => undefined,
    log: () => undefined,
    clock: Date.now,
    cacheDir: folder(),
    ledger: {
      record: async (entry) => void open.set(entry.id, entry),
      remove: async (id) => void open.delete(id),
    },
  };
  const told: string[] = [];
  const plan = {
    provider,
    makes: true,
    wanted: { machines: [{ id: 0, name: 'testbed' }], options: {}, login: { keyFile: key } },
    of: { folder: folder(), run: 'r1' },
    timeout: more.timeout ?? 20,
    copyTimeout: 20,
    directory: join(folder(), 'ssh'),
    tell: (line: string) => void told.push(line),
  };
  const testbed = new MachineTestbed(plan, ctx);
  onTestFinished(() => testbed.close());
  return { testbed, provider, fake, plan, told, owed: () => [...open.keys()] };
}

async function opened(Kind: typeof LocalProvider = LocalProvider) {
  const bed = await testbedOf(Kind);
  const scratch = await bed.testbed.open();
  const [program = ''] = await bed.testbed.executeCommand();
  onTestFinished(async () => void (await promisify(execFile)('rm', ['-rf', scratch])));
  return { ...bed, scratch, program };
}

/** What a caller does with the program: exit code and output. */
async function run(program: string, args: readonly string[], stdin = '') {
  const running = promisify(execFile)(program, [...args]);
  running.child.stdin?.end(stdin);
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

describe('a machine as a testbed', () => {
  test('is recorded before it is made, and destroyed when the testbed is closed', async () => {
    const { testbed, provider, scratch, plan, owed } = await opened();
    expect(testbed.isOpen).toBe(true);
    expect(owed()).toHaveLength(1);
    expect(statSync(scratch).mode & 0o7777).toBe(0o1777);
    await testbed.close();
    await testbed.close();
    expect(provider.calls).toEqual(['create', 'destroy']);
    expect(owed()).toEqual([]);
    expect(existsSync(plan.directory)).toBe(false);
  });

  test('that does not answer is destroyed and told', async () => {
    const { testbed, provider, fake, owed } = await testbedOf(LocalProvider, { timeout: 1 });
    await fake.server[Symbol.asyncDispose]();
    await expect(testbed.open()).rejects.toBeInstanceOf(ShakedownError);
    expect(provider.calls).toEqual(['create', 'destroy']);
    expect(owed()).toEqual([]);
    expect(testbed.isOpen).toBe(false);
  });

  test('is reverted by a snapshot where there are snapshots', async () => {
    const { testbed, provider, scratch, program } = await opened(SnapshottingProvider);
    expect(await testbed.revert()).toBe(scratch);
    expect(await testbed.executeCommand()).toEqual([program]);
    expect(provider.calls).toEqual(['create', 'snapshot as-opened', 'restore as-opened']);
    expect(await run(program, ['echo', 'back'])).toMatchObject({ code: 0, stdout: 'back\n' });
  });

  test('and else by another machine, with the folder under the same name', async () => {
    const { testbed, provider, scratch, owed } = await opened();
    await promisify(execFile)('rm', ['-r', scratch]);
    expect(await testbed.revert()).toBe(scratch);
    expect(existsSync(scratch)).toBe(true);
    expect(provider.calls).toEqual(['create', 'destroy', 'create']);
    expect(owed()).toHaveLength(1);
  });

  test('is not restarted by a provider that cannot', async () => {
    const { testbed } = await opened();
    await expect(testbed.reboot(false)).rejects.toThrow('local cannot restart this machine');
  });
});

describe('the program that runs commands on it', () => {
  test('hands on arguments, input and output as they are', async () => {
    const { program } = await opened();
    const words = ['', ' ', "it's", '"', '$HOME', '`id`', 'a\nb\n', '*', '~', '\\', '&', '-n', 'ü€😀', ';'];
    expect((await run(program, ['printf', '%s|', ...words])).stdout).toBe(`${words.join('|')}|`);
    expect(await run(program, ['sh', '-c', 'cat; echo no >&2'], 'in\n')).toEqual({
      code: 0,
      stdout: 'in\n',
      stderr: 'no\n',
    });
  });

  test.each([
    ['exit 0', 0],
    ['exit 125', 125],
    ['kill -TERM $$', 143],
    ['exit 255', 253],
  ])('ends as the command does: %s', async (script, code) => {
    const { program } = await opened();
    expect((await run(program, ['sh', '-c', script])).code).toBe(code);
  });

  test('does not wait for what still holds its output, and ends that', async () => {
    const { program, scratch } = await opened();
    const holds = `sleep 600 & echo $! >${scratch}/held; sleep 600 >/dev/null 2>&1 & echo $! >${scratch}/free`;
    expect(await run(program, ['sh', '-c', `${holds}; echo done`])).toMatchObject({
      code: 0,
      stdout: 'done\n',
    });
    const pid = (name: string) => Number(readFileSync(join(scratch, name), 'utf8'));
    const commandOf = (name: string) => readFileSync(`/proc/${pid(name)}/cmdline`, 'utf8');
    await expect.poll(() => existsSync(`/proc/${pid('held')}`) && commandOf('held')).toBeFalsy();
    expect(process.kill(pid('free'), 'SIGKILL')).toBe(true);
  });

  test('ends with 255 when the machine does not answer', async () => {
    const { program, fake } = await opened();
    await fake.server[Symbol.asyncDispose]();
    expect((await run(program, ['true'])).code).toBe(255);
  });

  test('logs in once for all calls', async () => {
    const { program, fake } = await opened();
    const before = fake.server.connections;
    for (let call = 0; call < 3; call++) await run(program, ['true']);
    expect(fake.server.connections).toBe(before);
  });
});

describe('copies', () => {
  test('of files keep what they hold and whether they can be run', async () => {
    const { testbed, scratch } = await opened();
    const here = folder();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    writeFileSync(join(here, 'tool'), bytes, { mode: 0o755 });
    await testbed.copyDown(join(here, 'tool'), `${scratch}/a tool`);
    expect(statSync(`${scratch}/a tool`).mode & 0o111).toBe(0o111);
    await testbed.copyUp(`${scratch}/a tool`, join(here, 'back'));
    expect(readFileSync(join(here, 'back'))).toEqual(bytes);
  });

  test('of folders merge with what is there', async () => {
    const { testbed, scratch } = await opened();
    const [from, to] = [folder(), folder()];
    mkdirSync(join(from, 'sub'));
    writeFileSync(join(from, 'sub/file'), 'hello');
    symlinkSync('sub/file', join(from, 'link'));
    writeFileSync(join(to, 'already'), 'there');
    await testbed.copyDown(`${from}/`, `${scratch}/tree/`);
    await testbed.copyUp(`${scratch}/tree/`, `${to}/`);
    expect(readdirSync(to).sort()).toEqual(['already', 'link', 'sub']);
    expect(readFileSync(join(to, 'link'), 'utf8')).toBe('hello');
  });

  test('that cannot be made say why', async () => {
    const { testbed } = await opened();
    const to = folder();
    const down = (from: string, target: string) => testbed.copyDown(from, target);
    await expect(down('/nowhere', '/tmp/x')).rejects.toThrow('/nowhere is not a file on the main host');
    await expect(down('/nowhere/', '/tmp/x/')).rejects.toThrow('is not a folder on the main host');
    await expect(down('/etc/', '/tmp/x')).rejects.toThrow('must both end in a slash');
    await expect(down('/etc/hostname', '/nowhere/x')).rejects.toThrow('could not be copied to /nowhere/x');
    const up = (from: string, target: string) => testbed.copyUp(from, join(to, target));
    await expect(up('/nowhere', 'x')).rejects.toThrow('there is no file /nowhere on the machine');
    await expect(up('/nowhere/', 'x/')).rejects.toThrow('there is no folder /nowhere/ on the machine');
    await expect(up('/etc/hostname', 'x/')).rejects.toThrow('must both end in a slash');
    await expect(up('/etc/hostname', 'no/x')).rejects.toThrow('no/x cannot be written');
    symlinkSync(join(to, 'elsewhere'), join(to, 'planted'));
    await expect(up('/etc/hostname', 'planted')).rejects.toThrow('planted cannot be written: it is a link');
  });
});
