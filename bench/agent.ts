// What an agent costs a machine that sees the runtime through a share, part by part, as a
// script would pay for it: `node bench/agent.ts [rounds]`, as root, on one nspawn machine.
// Prints medians and best times in ms.
import { agentShares } from '../main/agent/agent-shares.ts';
import { installAgent } from '../main/agent/install.ts';
import { startAgent } from '../main/agent/start-agent.ts';
import { connectSsh } from '../main/remotes/ssh-remote.ts';
import { median } from './measure/median.ts';
import { ctx, oneMachine } from './spawn/ours.ts';

const rounds = Number(process.argv[2] ?? 9);
const times = new Map<string, number[]>();

async function timed<T>(what: string, action: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await action();
  times.set(what, [...(times.get(what) ?? []), performance.now() - from]);
  return result;
}

await using one = await oneMachine('nspawn', {}, await agentShares(ctx.cacheDir));
await using remote = await connectSsh(one.machine.ssh, { signal: ctx.signal, timeout: 120 });
const { cacheDir, signal, log } = ctx;
const { runtime, agent } = await installAgent(remote, { cacheDir, log });
const listener = { log: () => undefined, progress: () => undefined };
for (let round = 0; round < rounds; round++) {
  await timed('a command by ssh', () => remote.exec('true'));
  await timed('… that is an empty program of Node', () => remote.exec([runtime, '-e', '0']));
  // With nothing to hear it ends at once.
  await timed('… that is the agent', () => remote.exec([runtime, agent], { stdin: '' }));
  const compiled = { NODE_COMPILE_CACHE: '/var/tmp/compiled' };
  await timed('… with a compile cache', () => remote.exec([runtime, agent], { stdin: '', env: compiled }));
  await timed('a look into the cache', () => installAgent(remote, { cacheDir, log }));
  const options = { cacheDir, runId: 'bench', listener, signal, log: () => undefined };
  const started = await timed('an agent, from the look to its greeting', () => startAgent(remote, options));
  await timed('its first command', () => started.exec('true'));
  await timed('its second command', () => started.exec('true'));
  await timed('its end', async () => started[Symbol.asyncDispose]());
}
for (const [what, list] of times)
  console.log(`${what}: ${median(list).toFixed(0)} ms, best ${Math.min(...list).toFixed(0)}`);
