import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Cluster, MachinesSpec, Provider } from '../../../main/providers/provider.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import type { SshTarget } from '../../../main/remotes/ssh-target.ts';
import { runScriptOnEach, type ScriptWorld } from '../../../main/script/run-script.ts';
import type { ScriptMachine, ScriptOptions } from '../../../main/script/script-options.ts';
import type { FakeSshServer } from '../../fakes/ssh-server.ts';
import { folder, node } from '../remotes/fake-node.ts';

/** What a test makes go wrong. */
export interface Troubles {
  /** Gets the machines' names. */
  readonly create?: (names: readonly string[]) => Promise<void> | void;
  readonly connect?: () => Promise<void> | void;
  readonly destroy?: () => Promise<void> | void;
}

/** Machines that are an ssh server on this one, in a folder of the test's own. */
export interface ScriptPlace {
  readonly directory: string;
  readonly server: FakeSshServer;
  /** What was asked of the provider, in order: `create 2`, `destroy`, `keep`. */
  readonly asked: string[];
  readonly notes: string[];
  /** Writes a script there. */
  write(name: string, text: string, mode?: number): void;
  run(
    options: ScriptOptions & { readonly machines?: readonly ScriptMachine[] },
  ): ReturnType<typeof runScriptOnEach>;
  readonly world: ScriptWorld;
}

export async function scriptPlace(
  troubles: Troubles = {},
  options: {
    readonly borrowed?: boolean;
    readonly env?: Readonly<Record<string, string>>;
    readonly user?: string;
  } = {},
): Promise<ScriptPlace> {
  const directory = folder();
  const { target, server } = await node({ env: options.env ?? {} }, options.user);
  const asked: string[] = [];
  const notes: string[] = [];
  const provider = fakeProvider(target, asked, troubles, options.borrowed === true);
  const world: ScriptWorld = {
    provider: async () => provider,
    connector: {
      connect: async (...given) => {
        await troubles.connect?.();
        return connectSsh(...given);
      },
      startAgent: () => Promise.reject(new Error('not in this fake')),
    },
    choose: async () => ({ provider: 'nspawn' }),
  };
  return {
    ...{ directory, server, asked, notes, world },
    write: (name, text, mode = 0o644) => writeFileSync(join(directory, name), text, { mode }),
    run: (given) =>
      runScriptOnEach(
        { directory, cacheDir: directory, onNote: (note) => notes.push(note), ...given },
        world,
      ),
  };
}

function fakeProvider(
  ssh: SshTarget,
  asked: string[],
  troubles: Troubles,
  borrowed: boolean,
): Provider & { keep(): Promise<void> } {
  const machines = (spec: Pick<MachinesSpec, 'machines'>) =>
    spec.machines.map((machine) => ({ ...machine, address: ssh.host, ssh }));
  return {
    name: 'nspawn',
    makes: false,
    probe: async () => ({ ok: true }),
    preview: async (spec) => machines(spec),
    create: async (spec): Promise<Cluster> => {
      asked.push(`create ${spec.machines.length}`);
      // The machines are this one: what a script leaves there does not go with them.
      const ours = (id: number) => `/var/tmp/shakedown-script-${spec.cluster}-${id}`;
      onTestFinished(() => {
        for (let id = 0; id < 10; id++) rmSync(ours(id), { recursive: true, force: true });
      });
      await troubles.create?.(spec.machines.map(({ name }) => name));
      return { id: spec.cluster, provider: 'nspawn', machines: machines(spec), borrowed };
    },
    list: async () => [],
    destroy: async () => {
      asked.push('destroy');
      await troubles.destroy?.();
    },
    keep: async () => void asked.push('keep'),
  };
}

/** A stream that remembers. */
export function sink(): Writable & { readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString() });
}

/** Whether a process runs; one that has ended and that nobody has asked about does not. */
export function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
