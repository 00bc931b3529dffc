// What a machine costs: made, `true` over ssh, gone; beside the bare tool by hand, in one run.
// `node bench/spawn.ts [rounds] [kind…]`, as root. Prints medians and best times in ms, and their ratios.
// Like is compared with like; targets: 1.2 of the bare tool; nspawn under 1500 ms; a clone of qemu's a third of a boot.
//   warm    ours in a process that has made one before; of qemu a clone
//   bare    the tool on the same image, up to the answer of the ssh client that ours has, too
//   booted  of qemu: ours that boots, as the bare one does
//   cold    ours in a new process, its start included
//   hand    the tool as a person uses it: a script for bash, and OpenSSH's client
//   first   cold, on a main host that has no image yet: it is built
//   built   hand, with mmdebstrap before
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loginForNewMachines } from '../main/providers/login-for-new-machines.ts';
import { median } from './measure/median.ts';
import { tellRatio } from './measure/tell-ratio.ts';
import type { Bare } from './spawn/bare.ts';
import { bareDocker } from './spawn/docker.ts';
import { bareNspawn } from './spawn/nspawn.ts';
import { type BenchedKind, ctx, ours } from './spawn/ours.ts';
import { bareQemu } from './spawn/qemu.ts';
import { bareVagrant } from './spawn/vagrant.ts';

const bareTools: Readonly<Record<BenchedKind, (publicKey: string, keyFile: string) => Promise<Bare>>> = {
  nspawn: bareNspawn,
  docker: bareDocker,
  qemu: bareQemu,
  vagrant: bareVagrant,
};
/** What is not on every main host. */
const needs: Partial<Record<BenchedKind, () => Promise<AsyncDisposable>>> = {
  vagrant: async () => (await import('../test/e2e/providers/vagrant-box/lxc-box.ts')).lxcBox(ctx),
};

function inNewProcess(kind: BenchedKind, cacheDir = ctx.cacheDir) {
  // What was compiled is kept between starts, as the program does it (bin/start.mjs).
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: join(cacheDir, 'compiled'),
    SHAKEDOWN_CACHE: cacheDir,
  };
  const args = [join(import.meta.dirname, 'spawn/ours.ts'), kind];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
  if (status !== 0) throw new Error(`a ${kind} machine in a process of its own failed`);
}

function withoutCache(kind: BenchedKind) {
  const empty = mkdtempSync('/var/tmp/shakedown-bench-');
  try {
    inNewProcess(kind, empty);
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

async function timed(action: () => unknown): Promise<number> {
  const from = performance.now();
  await action();
  return performance.now() - from;
}

async function compare(kind: BenchedKind, rounds: number) {
  await using _needed = await needs[kind]?.();
  await ours(kind);
  const { publicKey, keyFile } = await loginForNewMachines({}, ctx.cacheDir);
  if (!publicKey || !keyFile) throw new Error('the login for new machines has no key');
  const bare = await bareTools[kind](publicKey, keyFile);
  try {
    await bare.spawn();
    await measure(kind, rounds, {
      bare: () => bare.spawn(),
      warm: () => ours(kind),
      ...(kind === 'qemu' ? { booted: () => ours(kind, { start: 'cold' }) } : {}),
      hand: () => bare.byHand(),
      cold: () => inNewProcess(kind),
    });
    // Of a box of the user's own there is nothing to build.
    if (bare.built) {
      const built = await bare.built();
      await measure(kind, Math.ceil(rounds / 4), { built, first: () => withoutCache(kind) });
    }
  } finally {
    await bare.end();
  }
}

/** In turns, so that a busy moment of the machine falls on all of them. */
async function measure(kind: BenchedKind, rounds: number, columns: Record<string, () => unknown>) {
  const times = Object.entries(columns).map(([name, action]) => ({ name, action, list: [] as number[] }));
  for (let round = 0; round < rounds; round++)
    for (const { action, list } of times) list.push(await timed(action));
  for (const [word, pick] of [
    ['median', median],
    ['best', (list: readonly number[]) => Math.min(...list)],
  ] as const) {
    const ms = Object.fromEntries(times.map(({ name, list }) => [name, pick(list)]));
    console.log(`${kind} ${word} of ${rounds}: ${shown(ms)}; ${ratios(kind, ms)}`);
    const { warm, bare, cold, hand } = ms;
    if (word !== 'median' || !warm || !bare || !cold || !hand) continue;
    tellRatio(`machines of ${kind} to the bare tool`, warm / bare);
    tellRatio('machines of nspawn in a new process to by hand', cold / hand);
  }
}

const shown = (ms: Record<string, number>) =>
  Object.entries(ms)
    .map(([name, value]) => `${name} ${value.toFixed(0)} ms`)
    .join(', ');

function ratios(kind: BenchedKind, ms: Record<string, number>) {
  const pairs: [string, string][] = [
    kind === 'qemu' ? ['booted', 'bare'] : ['warm', 'bare'],
    ['warm', 'booted'],
    ['cold', 'hand'],
    ['first', 'built'],
  ];
  return pairs
    .filter(([ours, theirs]) => ours in ms && theirs in ms)
    .map(([ours, theirs]) => `${ours}/${theirs} ${((ms[ours] ?? 0) / (ms[theirs] ?? 0)).toFixed(2)}`)
    .join(', ');
}

const [rounds = '3', ...kinds] = process.argv.slice(2);
const known = Object.keys(bareTools) as BenchedKind[];
for (const kind of kinds.length > 0 ? known.filter((one) => kinds.includes(one)) : known)
  await compare(kind, Number(rounds));
process.exit(0);
