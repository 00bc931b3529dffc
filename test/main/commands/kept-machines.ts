import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, type Writable } from 'node:stream';
import type { Command, CommandEnvironment } from '../../../main/commands/command.ts';
import type { Machine } from '../../../main/providers/provider.ts';
import type { SshTarget } from '../../../main/remotes/ssh-target.ts';
import type { KeptCluster } from '../../../main/store/kept-cluster.ts';
import { folder } from '../remotes/fake-node.ts';

/** A folder in which machines with these ssh targets were kept; they are called db0, db1 and so on. */
export function keptIn(targets: readonly SshTarget[]): string {
  const directory = folder();
  const machines = targets.map(
    (ssh, id): Machine => ({
      id,
      name: `db${id}`,
      address: ssh.host,
      ssh,
      ...(id === 0 ? { role: 'primary' } : {}),
    }),
  );
  const kept: KeptCluster = {
    cluster: { id: 'abc123', provider: 'ssh', machines, borrowed: true },
    scenario: directory,
    flags: {},
    run: 'run',
    workingDirs: machines.map(() => '/srv/shakedown'),
    kept: true,
  };
  mkdirSync(join(directory, '.shakedown'));
  writeFileSync(join(directory, '.shakedown/cluster.json'), JSON.stringify(kept));
  return directory;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as `shakedown NAME ARGS -- REST` in `cwd` would; `stdin` is closed after what is given. */
export async function inFolder(
  cwd: string,
  command: Command,
  given: {
    readonly args?: readonly string[];
    readonly rest?: readonly string[];
    readonly options?: Readonly<Record<string, unknown>>;
    readonly stdin?: string | CommandEnvironment['stdin'];
    readonly stdout?: Writable;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = [textOf(stdout), textOf(stderr)];
  const { stdin = '', args = [], rest = [], options = {} } = given;
  const code = await command(
    args,
    { ...options, rest },
    {
      cwd,
      env: {},
      stdin: typeof stdin === 'string' ? Readable.from(stdin === '' ? [] : [stdin]) : stdin,
      stdout: given.stdout ?? stdout,
      stderr,
      signal: given.signal ?? new AbortController().signal,
      hurry: new AbortController().signal,
      cacheDir: cwd,
    },
  );
  stdout.end();
  stderr.end();
  const [out = '', err = ''] = await Promise.all(texts);
  return { code, stdout: out, stderr: err };
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
