// What a machine costs: made, `true` over ssh, gone; beside the bare tool by hand, in one run.
// `node bench/spawn.mjs [rounds] [kind…]`, as root. Prints medians and best times in ms, and their ratios.
// Targets: 1.2 of the bare tool; nspawn under 1500 ms; a clone of qemu's a third of a boot.
//   warm   in a process that has made one before
//   cold   the first one of a new process, its start included; of qemu also one that boots instead of being a clone
//   bare   the tool by hand, on the same image, up to the same ssh client's answer
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { loginForNewMachines } from '../main/cluster-key.ts';
import { makeMachines, newClusterId } from '../main/phases/machines.ts';
import { providerNamed } from '../main/providers/registry.ts';
import { connectSsh } from '../main/remotes/ssh-remote.ts';
import { lxcBox } from '../test/e2e/vagrant-box/lxc-box.ts';
import { bareDocker } from './spawn/docker.mjs';
import { bareNspawn } from './spawn/nspawn.mjs';
import { bareQemu } from './spawn/qemu.mjs';
import { bareVagrant } from './spawn/vagrant.mjs';

const bareTools = { nspawn: bareNspawn, docker: bareDocker, qemu: bareQemu, vagrant: bareVagrant };
/** What is not on every main host. */
const needs = { vagrant: lxcBox };
const nothing = async () => undefined;
export const ctx = {
  signal: new AbortController().signal,
  emit: () => undefined,
  log: () => undefined,
  clock: Date.now,
  cacheDir: process.env.SHAKEDOWN_CACHE ?? '/var/cache/shakedown',
  ledger: { record: nothing, settle: nothing },
};
const optionsOf = {
  nspawn: {},
  docker: {},
  qemu: { memory: '512M' },
  vagrant: { box: 'e2e', os: 'bookworm', provider: 'lxc' },
};

async function answers(target) {
  await using remote = await connectSsh(target, { signal: ctx.signal, timeout: 120 });
  const { exitCode } = await remote.exec('true');
  if (exitCode !== 0) throw new Error(`'true' ended with ${exitCode}`);
}

async function ours(kind, more = {}) {
  const provider = await providerNamed(kind);
  const options = { count: 1, ...optionsOf[kind], ...more };
  const wanted = { machines: [{ id: 0, name: 'n0' }], options, login: {} };
  const cluster = await makeMachines(newClusterId(), wanted, provider, { shares: [], rebuild: false }, ctx);
  try {
    await answers(cluster.machines[0].ssh);
  } finally {
    await provider.destroy(cluster, ctx);
  }
}

function inNewProcess(kind) {
  // What was compiled is kept between starts, as the program does it (bin/start.mjs).
  const env = { ...process.env, NODE_COMPILE_CACHE: join(ctx.cacheDir, 'compiled') };
  const args = [import.meta.filename, 'once', kind];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
  if (status !== 0) throw new Error(`a ${kind} machine in a process of its own failed`);
}

async function timed(action) {
  const from = performance.now();
  await action();
  return performance.now() - from;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function compare(kind, rounds) {
  await using _needed = await needs[kind]?.(ctx);
  await ours(kind);
  const login = await loginForNewMachines({}, ctx.cacheDir);
  const bare = await bareTools[kind]({ ctx, login, answers });
  const columns = {
    bare: () => bare.spawn(),
    warm: () => ours(kind),
    cold: () => inNewProcess(kind),
    ...(kind === 'qemu' ? { booted: () => ours(kind, { start: 'cold' }) } : {}),
  };
  const times = Object.fromEntries(Object.keys(columns).map((name) => [name, []]));
  try {
    await bare.spawn();
    // In turns, so that a busy moment of the machine falls on all of them.
    for (let round = 0; round < rounds; round++)
      for (const [name, action] of Object.entries(columns)) times[name].push(await timed(action));
  } finally {
    await bare.end();
  }
  for (const [word, pick] of [
    ['median', median],
    ['best', (list) => Math.min(...list)],
  ]) {
    const ms = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, pick(list)]));
    console.log(`${kind} ${word}: ${shown(ms)}; ${ratios(kind, ms)}`);
  }
}

const shown = (ms) =>
  Object.entries(ms)
    .map(([name, value]) => `${name} ${value.toFixed(0)} ms`)
    .join(', ');

/** Like with like: the bare qemu boots, so it stands beside ours that boots. */
function ratios(kind, { bare, warm, booted }) {
  if (kind !== 'qemu') return `warm/bare ${(warm / bare).toFixed(2)}`;
  return `booted/bare ${(booted / bare).toFixed(2)}, clone/booted ${(warm / booted).toFixed(2)}`;
}

const [first = '3', ...rest] = process.argv.slice(2);
if (first === 'once') {
  await ours(rest[0]);
} else {
  for (const kind of rest.length > 0 ? rest : Object.keys(bareTools)) await compare(kind, Number(first));
}
process.exit(0);
