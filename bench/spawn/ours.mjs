// One machine by shakedown: made, `true` over ssh, gone. `node ours.mjs KIND` does it once, as a process of its own.

import { providerNamed } from '../../main/providers/registry.ts';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import { makeMachines, newClusterId } from '../../main/run/machines/make-machines.ts';

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

export async function answers(target) {
  await using remote = await connectSsh(target, { signal: ctx.signal, timeout: 120 });
  const { exitCode } = await remote.exec('true');
  if (exitCode !== 0) throw new Error(`'true' ended with ${exitCode}`);
}

export async function ours(kind, more = {}) {
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

if (import.meta.main) {
  await ours(process.argv[2]);
  process.exit(0);
}
