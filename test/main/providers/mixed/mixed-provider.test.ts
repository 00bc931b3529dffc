import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ShakedownError } from '../../../../common/errors.ts';
import type { RunContext } from '../../../../main/context/run-context.ts';
import { canKeep, type MachineOf } from '../../../../main/providers/capabilities.ts';
import { mixed, type Part } from '../../../../main/providers/mixed/mixed-options.ts';
import { MixedProvider } from '../../../../main/providers/mixed/mixed-provider.ts';
import { nspawn } from '../../../../main/providers/nspawn/nspawn-options.ts';
import {
  borrowedMachines,
  type Login,
  type Machine,
  type MachinesSpec,
  type Provider,
} from '../../../../main/providers/provider.ts';
import { ssh } from '../../../../main/providers/ssh/ssh-options.ts';
import { runContext } from '../../../fakes/run-context.ts';

type Troubles = Partial<Record<string, 'create' | 'destroy' | 'probe' | 'hang' | 'reboot'>>;
type Snapshot = MachineOf & { readonly name: string };

const bothAsked = (asked: readonly string[]) => vi.waitFor(() => expect(asked.length).toBeGreaterThan(1));

/** Two kinds of machine that make nothing; `asked` has what was asked of them. */
function kindsThat(troubles: Troubles = {}) {
  const asked: string[] = [];
  const logins: Record<string, Login> = {};
  const machines = (name: string, spec: Pick<MachinesSpec, 'machines'>): readonly Machine[] =>
    spec.machines.map((machine) => ({
      ...machine,
      address: `${name}.${machine.id}`,
      ssh: { host: name, port: 22, user: 'root' },
    }));
  const kind = (name: string, makes: boolean): Provider & { keep?(): Promise<void> } => ({
    name,
    makes,
    probe: async () => ({ ok: troubles[name] !== 'probe' }),
    preview: async (spec) => machines(name, spec),
    create: async (spec, { signal }) => {
      asked.push(`${name}: create ${spec.cluster} ${spec.machines.map((machine) => machine.id)}`);
      logins[name] = spec.login;
      await bothAsked(asked);
      if (troubles[name] === 'create') throw new ShakedownError({ message: `${name} is broken` });
      if (troubles[name] === 'hang') {
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        asked.push(`${name}: ended`);
        signal.throwIfAborted();
      }
      const made = machines(name, spec);
      return { id: spec.cluster, provider: name, machines: made, borrowed: !makes, state: `${name}’s own` };
    },
    list: async () => [],
    destroy: async ({ id, state = 'no state' }) => {
      asked.push(`${name}: destroy ${id}, ${state}`);
      if (troubles[name] === 'destroy') throw new ShakedownError({ message: `${name} is stuck` });
    },
    ...(makes
      ? {
          keep: async () => void asked.push(`${name}: keep`),
          reboot: async ({ cluster, machine }: MachineOf) => {
            if (troubles[name] === 'reboot') throw new ShakedownError({ message: 'it hangs', node: machine });
            asked.push(`${name}: reboot ${cluster.id} ${machine}, ${cluster.state}`);
          },
          snapshot: async (which: Snapshot) =>
            void asked.push(`${name}: snapshot ${which.machine} as ${which.name}`),
          restore: async (which: Snapshot) =>
            void asked.push(`${name}: restore ${which.machine} as ${which.name}`),
        }
      : {}),
  });
  const kinds = [kind('nspawn', true), kind('ssh', false)];
  const introduced: string[] = [];
  const provider = new MixedProvider(kinds, async (_cluster, parts) => {
    introduced.push(parts.map((part) => part.map(({ name }) => name).join()).join(' and '));
    return [];
  });
  return { provider, asked, logins, introduced };
}

const three = mixed([nspawn({ nodes: [{ name: 'a', role: 'db' }, { name: 'b' }] }), ssh(['c.example'])]);

function context(): RunContext {
  const cacheDir = mkdtempSync(join(tmpdir(), 'shakedown-mixed-'));
  onTestFinished(() => rmSync(cacheDir, { recursive: true }));
  return runContext({ signal: new AbortController().signal, cacheDir });
}

const specOf = ({ options }: { options: unknown }): MachinesSpec => ({
  cluster: 'abc123',
  machines: [
    { id: 0, name: 'a', role: 'db' },
    { id: 1, name: 'b' },
    { id: 2, name: 'c.example' },
  ],
  options,
  login: { user: 'joe' },
  shares: [],
});

describe('a cluster of several kinds of machine', () => {
  test('goes on counting from part to part, and says of each machine whether it was there before', async () => {
    const { provider, asked, introduced } = kindsThat();
    const cluster = await provider.create(specOf(three), context());
    expect(cluster).toMatchObject({ id: 'abc123', provider: 'mixed', borrowed: false });
    expect(cluster.machines.map(({ id, name, role, address }) => ({ id, name, role, address }))).toEqual([
      { id: 0, name: 'a', role: 'db', address: 'nspawn.0' },
      { id: 1, name: 'b', role: undefined, address: 'nspawn.1' },
      { id: 2, name: 'c.example', role: undefined, address: 'ssh.0' },
    ]);
    expect(borrowedMachines(cluster).map(({ id }) => id)).toEqual([2]);
    expect(asked.toSorted()).toEqual(['nspawn: create abc123 0,1', 'ssh: create abc123 0']);
    expect(introduced).toEqual(['a,b and c.example']);
  });

  test('is previewed in the same order', async () => {
    const machines = await kindsThat().provider.preview(specOf(three));
    expect(machines.map(({ id, address }) => `${id} ${address}`)).toEqual([
      '0 nspawn.0',
      '1 nspawn.1',
      '2 ssh.0',
    ]);
  });

  test('gives the machines that it makes a key, and logs in on the others as was asked', async () => {
    const { provider, logins } = kindsThat();
    await provider.create(specOf(three), context());
    expect(logins.nspawn).toMatchObject({ user: 'joe', publicKey: expect.stringContaining('ssh-ed25519') });
    expect(logins.ssh).toEqual({ user: 'joe' });
  });

  test('is destroyed part by part, each with its own state', async () => {
    const { provider, asked } = kindsThat();
    const cluster = await provider.create(specOf(three), context());
    asked.length = 0;
    await provider.destroy(cluster, context());
    expect(asked).toEqual(['nspawn: destroy abc123, nspawn’s own', 'ssh: destroy abc123, ssh’s own']);
  });

  test('is destroyed by its id alone: all kinds that work here are asked', async () => {
    const { provider, asked } = kindsThat({ nspawn: 'probe' });
    await provider.destroy({ id: 'abc123' }, context());
    expect(asked).toEqual(['ssh: destroy abc123, no state']);
  });

  test('is destroyed as far as it goes when one part is stuck, which is told', async () => {
    const { provider, asked } = kindsThat({ nspawn: 'destroy' });
    await expect(provider.destroy({ id: 'abc123' }, context())).rejects.toThrow('nspawn is stuck');
    expect(asked).toHaveLength(2);
  });

  test('is kept part by part; a part that cannot be kept is told', async () => {
    const { provider, asked } = kindsThat();
    expect(canKeep(provider)).toBe(true);
    await provider.keep({ id: 'abc123', state: [{ provider: 'nspawn' }] });
    expect(asked).toEqual(['nspawn: keep']);
    await expect(provider.keep({ id: 'abc123', state: [{ provider: 'ssh' }] })).rejects.toThrow(
      'machines of kind ssh cannot be kept',
    );
  });
});

describe('a machine of a mixed cluster', () => {
  async function made(troubles: Troubles = {}) {
    const { provider, asked } = kindsThat(troubles);
    const parts = mixed([ssh(['c.example']), nspawn({ nodes: [{ name: 'a' }, { name: 'b' }] })]);
    const cluster = await provider.create(specOf(parts), context());
    asked.length = 0;
    return { provider, asked, which: (machine: number) => ({ cluster, machine }) };
  }

  test('is rebooted, and taken back, by the part that it is of, which knows it by a number of its own', async () => {
    const { provider, asked, which } = await made();
    await provider.reboot(which(2), context());
    await provider.snapshot({ ...which(1), name: 'before' }, context());
    await provider.restore({ ...which(1), name: 'before' }, context());
    expect(asked).toEqual([
      'nspawn: reboot abc123 1, nspawn’s own',
      'nspawn: snapshot 0 as before',
      'nspawn: restore 0 as before',
    ]);
  });

  test('of a part that cannot is told, with the kinds that can', async () => {
    const { provider, asked, which } = await made();
    await expect(provider.reboot(which(0), context())).rejects.toMatchObject({
      message: 'machines of kind ssh cannot be rebooted from outside; those of these kinds can: nspawn',
      details: { node: 0 },
    });
    await expect(provider.powerOff(which(1), context())).rejects.toThrow(
      'machines of kind nspawn cannot be switched off and on; no kind here can',
    );
    expect(asked).toEqual([]);
  });

  test('that fails is named as the whole cluster does', async () => {
    const { provider, which } = await made({ nspawn: 'reboot' });
    await expect(provider.reboot(which(2), context())).rejects.toMatchObject({
      message: 'it hangs',
      details: { node: 2 },
    });
  });

  test('that no part has, or whose parts are not known, is told', async () => {
    const { provider, which } = await made();
    await expect(provider.reboot(which(3), context())).rejects.toThrow('no part of the mixed cluster abc123');
    const stateless = { cluster: { id: 'abc123' }, machine: 0 };
    await expect(provider.reboot(stateless, context())).rejects.toThrow('is known to have node 0');
  });

  test('can do what at least one kind can, and the probe says which', async () => {
    expect(await kindsThat().provider.probe()).toEqual({
      ok: true,
      note: 'reboot: nspawn; snapshot: nspawn',
    });
  });
});

test('a part that fails ends the others, and is what is told', async () => {
  const { provider, asked } = kindsThat({ nspawn: 'hang', ssh: 'create' });
  await expect(provider.create(specOf(three), context())).rejects.toThrow('ssh is broken');
  expect(asked).toContain('nspawn: ended');
});

test('one that is interrupted says so', async () => {
  const { provider, asked } = kindsThat({ nspawn: 'hang' });
  const controller = new AbortController();
  const made = provider.create(specOf(three), { ...context(), signal: controller.signal });
  const outcome = expect(made).rejects.toThrow('enough');
  await bothAsked(asked);
  controller.abort(new Error('enough'));
  await outcome;
});

test('a part of an unknown kind is the user’s mistake', async () => {
  const parts: Part[] = [{ provider: 'docker', options: { count: 1 } }];
  await expect(kindsThat().provider.preview(specOf(mixed(parts)))).rejects.toThrow(
    "There is no provider 'docker' for a part",
  );
});
