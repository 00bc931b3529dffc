import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { canKeepImages } from '../../main/providers/capabilities.ts';
import type { Cluster, Provider } from '../../main/providers/provider.ts';
import { providerNamed } from '../../main/providers/registry.ts';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import { makeMachines, newClusterId } from '../../main/run/machines/make-machines.ts';
import { runContext } from '../fakes/run-context.ts';
import { rounds } from '../rounds.ts';
import { shakedown } from './harness.ts';
import { type Bystanders, bystanders } from './ledger/bystanders.ts';
import { killAfter, seeded, startMaker, traces } from './ledger/killed-makers.ts';
import { lxcBox } from './providers/vagrant-box/lxc-box.ts';

/** The same kills again: SHAKEDOWN_SEED=…, as a failure tells it. */
const seed = Number(process.env.SHAKEDOWN_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = seeded(seed);

const directory = mkdtempSync('/var/tmp/shakedown-ledger-');
const ctx = runContext({ signal: AbortSignal.timeout(900_000) });

let others: Bystanders;
let before: string;
beforeAll(async () => {
  others = await bystanders();
  before = await others.look();
});
afterAll(async () => {
  await others[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** A user's Vagrantfile: `vagrant destroy` takes its machines away, which for one of ours is not asked. */
const vagrantfile = join(directory, 'Vagrantfile');
writeFileSync(
  vagrantfile,
  `Vagrant.configure('2') do |config|
  config.vm.box = 'e2e'
  config.vm.guest = :debian
  config.vm.synced_folder '.', '/vagrant', disabled: true
  config.ssh.insert_key = false
  config.vm.define 'n0'
end
`,
);

interface Kind {
  readonly kind: string;
  readonly options: object;
  /** Of the machines whose destroyers are killed, if not the same. */
  readonly destroyed?: object;
  /** Makers side by side. */
  readonly atOnce: number;
  /** Kills in create, and as many in destroy. Divisible by `atOnce`. */
  readonly kills: number;
  /** How many times what one takes by itself these may take: 2 unless told, less where it is much waiting. */
  readonly slower?: number;
  /** Makes what the kind needs besides what every main host has. */
  readonly needs?: typeof lxcBox;
}

/** The kinds of machine that this main host makes by itself. */
const kinds: readonly Kind[] = [
  { kind: 'nspawn', options: { count: 1 }, atOnce: 5, kills: rounds(5, 15) },
  { kind: 'docker', options: { count: 1 }, atOnce: 5, kills: rounds(5, 15) },
  { kind: 'qemu', options: { count: 1, memory: '256M' }, atOnce: 5, kills: rounds(5, 15) },
  {
    kind: 'vagrant',
    options: { count: 1, box: 'e2e', os: 'bookworm', provider: 'lxc' },
    destroyed: { vagrantfile, machines: ['n0'], provider: 'lxc' },
    // Vagrant's own Ruby takes most of the time of all of this.
    atOnce: 3,
    kills: rounds(3, 15),
    slower: 1.4,
    needs: lxcBox,
  },
];

describe.each(kinds)(
  'makers of $kind machines that are killed at any moment',
  ({ kind, options, destroyed = options, atOnce, kills, slower = 2, needs }) => {
    let provider: Provider;
    const why = `SHAKEDOWN_SEED=${seed}`;
    const plan = (id: string, wanted = options) => ({
      kind,
      id,
      options: wanted,
      directory,
      cacheDir: ctx.cacheDir,
    });
    /** ms that one takes here and now. */
    const took = { create: 0, destroy: 0 };
    let needed: AsyncDisposable | undefined;
    let live: Cluster;

    const make = async (own: object): Promise<Cluster> => {
      const wanted = { machines: [{ id: 0, name: 'n0' }], options: own, login: {} };
      return makeMachines(
        newClusterId(),
        wanted,
        provider,
        { of: { folder: directory, run: 'live' }, shares: [], rebuild: false },
        ctx,
      );
    };
    const imagesInUse = async () =>
      canKeepImages(provider)
        ? (await provider.images(ctx)).filter(({ inUse }) => inUse).map(({ id }) => id)
        : [];

    beforeAll(async () => {
      provider = await providerNamed(kind);
      needed = await needs?.(ctx);
      live = await make(options);
      const from = performance.now();
      const spare = await make(destroyed);
      const made = performance.now();
      await provider.destroy(spare, ctx);
      took.create = made - from;
      took.destroy = performance.now() - made;
    });
    afterAll(async () => {
      await provider.destroy(live, ctx);
      await needed?.[Symbol.asyncDispose]();
    });

    /** Nothing of these is left, and what is not theirs is as it was. */
    const expectGone = async (ids: readonly string[]) => {
      expect(await traces(ids), why).toEqual([]);
      expect(
        (await provider.list(ctx)).map(({ id }) => id).filter((id) => ids.includes(id)),
        why,
      ).toEqual([]);
      expect(await others.look(), why).toBe(before);
      await using remote = await connectSsh((live.machines[0] ?? expect.fail()).ssh, {
        signal: ctx.signal,
        timeout: 200,
      });
      expect((await remote.exec('echo alive')).stdout, why).toBe('alive\n');
    };
    const newIds = (count: number) => Array.from({ length: count }, newClusterId);
    /** Somewhere in what it takes when several are at it on few cores. */
    const moment = (ms: number) => random() * ms * slower;

    test(`in create, ${kills} times: their ledgers tell reap what to take away`, async () => {
      const inUse = await imagesInUse();
      const ids = newIds(kills);
      onTestFailed(() => Promise.all(ids.map((id) => provider.destroy({ id }, ctx))).then(() => undefined));
      for (let round = 0; round < kills / atOnce; round++) {
        const some = ids.slice(round * atOnce, (round + 1) * atOnce);
        await Promise.all(some.map((id) => killAfter(moment(took.create), 'create', plan(id))));
      }
      // Its exit code may tell of other kinds of machine, such as a cloud that cannot be asked.
      const reaped = await shakedown(directory, ['reap']);
      expect(reaped.all, why).toContain('cleaned up after run');
      await expectGone(ids);
      expect(await imagesInUse(), why).toEqual(inUse);
    });

    test(`in destroy, ${kills} times: reap finds by their names what is left of them`, async () => {
      const ids = newIds(atOnce);
      onTestFailed(() => Promise.all(ids.map((id) => provider.destroy({ id }, ctx))).then(() => undefined));
      await Promise.all(
        ids.map(async (id) => {
          const maker = await startMaker('create', plan(id, destroyed));
          await maker.done();
          await maker.kill();
        }),
      );
      for (let round = 0; round < kills / atOnce; round++) {
        await Promise.all(ids.map((id) => killAfter(moment(took.destroy), 'destroy', plan(id))));
      }
      const reaped = await shakedown(directory, ['reap', '--provider', kind]);
      expect(reaped.exitCode, `${why}\n${reaped.all}`).toBe(0);
      await expectGone(ids);
    });
  },
);
