// What a machine costs: made, `true` over ssh, gone; beside the bare tool by hand, in one run.
// `node bench/spawn.mjs [rounds] [kind…]`, as root. Prints medians and best times in ms, and their ratios.
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
import { bareDocker } from './spawn/docker.mjs';
import { bareNspawn } from './spawn/nspawn.mjs';
import { answers, ctx, ours } from './spawn/ours.mjs';
import { bareQemu } from './spawn/qemu.mjs';
import { bareVagrant } from './spawn/vagrant.mjs';

const bareTools = { nspawn: bareNspawn, docker: bareDocker, qemu: bareQemu, vagrant: bareVagrant };
/** What is not on every main host. */
const needs = { vagrant: async () => (await import('../test/e2e/vagrant-box/lxc-box.ts')).lxcBox(ctx) };

function inNewProcess(kind, cacheDir = ctx.cacheDir) {
  // What was compiled is kept between starts, as the program does it (bin/start.mjs).
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: join(cacheDir, 'compiled'),
    SHAKEDOWN_CACHE: cacheDir,
  };
  const args = [join(import.meta.dirname, 'spawn/ours.mjs'), kind];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
  if (status !== 0) throw new Error(`a ${kind} machine in a process of its own failed`);
}

function withoutCache(kind) {
  const empty = mkdtempSync('/var/tmp/shakedown-bench-');
  try {
    inNewProcess(kind, empty);
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

async function timed(action) {
  const from = performance.now();
  await action();
  return performance.now() - from;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function compare(kind, rounds) {
  await using _needed = await needs[kind]?.();
  await ours(kind);
  const login = await loginForNewMachines({}, ctx.cacheDir);
  const bare = await bareTools[kind]({ ctx, login, answers });
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
async function measure(kind, rounds, columns) {
  const times = Object.fromEntries(Object.keys(columns).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, action] of Object.entries(columns)) times[name].push(await timed(action));
  for (const [word, pick] of [
    ['median', median],
    ['best', (list) => Math.min(...list)],
  ]) {
    const ms = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, pick(list)]));
    console.log(`${kind} ${word} of ${rounds}: ${shown(ms)}; ${ratios(kind, ms)}`);
  }
}

const shown = (ms) =>
  Object.entries(ms)
    .map(([name, value]) => `${name} ${value.toFixed(0)} ms`)
    .join(', ');

function ratios(kind, ms) {
  const pairs = [
    kind === 'qemu' ? ['booted', 'bare'] : ['warm', 'bare'],
    ['warm', 'booted'],
    ['cold', 'hand'],
    ['first', 'built'],
  ];
  return pairs
    .filter(([ours, theirs]) => ours in ms && theirs in ms)
    .map(([ours, theirs]) => `${ours}/${theirs} ${(ms[ours] / ms[theirs]).toFixed(2)}`)
    .join(', ');
}

const [rounds = '3', ...kinds] = process.argv.slice(2);
for (const kind of kinds.length > 0 ? kinds : Object.keys(bareTools)) await compare(kind, Number(rounds));
process.exit(0);
