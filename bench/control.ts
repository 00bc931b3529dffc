// Whether control is ever stuck behind bulk: `node bench/control.ts [MB]`, as root. A question to a node's
// agent, by a real sshd, with nothing else under way and while so many MB come home from it: p50, p99 and
// the longest, in ms, and their ratios. Messages go in their order: a cancellation that is sent has
// arrived when the next question is answered.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../main/agent/agent.ts';
import { startAgent } from '../main/agent/start-agent.ts';
import { connectSsh } from '../main/remotes/ssh-remote.ts';
import { ctx, oneMachine } from './spawn/ours.ts';

const megabytes = Number(process.argv[2] ?? 1024);
const questions = 300;

async function asked(agent: Agent): Promise<number> {
  const from = performance.now();
  await agent.call('clock', {});
  return performance.now() - from;
}

/** A command is begun and cancelled, and it is known that the node has heard of it. */
async function cancelled(agent: Agent): Promise<number> {
  const cancel = new AbortController();
  const command = agent.exec('exec sleep 1000', { signal: cancel.signal }).catch(() => undefined);
  await asked(agent);
  const from = performance.now();
  cancel.abort();
  await asked(agent);
  const took = performance.now() - from;
  await command;
  return took;
}

async function measure(agent: Agent, goesOn: () => boolean) {
  const times = { question: [] as number[], cancellation: [] as number[] };
  while (goesOn()) {
    times.question.push(await asked(agent));
    if (times.question.length % 10 === 0) times.cancellation.push(await cancelled(agent));
    await sleep(5);
  }
  return times;
}

const at = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN;

const directory = mkdtempSync(join(tmpdir(), 'bench-control-'));
try {
  await using one = await oneMachine('nspawn');
  await using remote = await connectSsh(one.machine.ssh, { signal: ctx.signal, timeout: 120 });
  const quiet = { log: () => undefined, progress: () => undefined };
  const options = {
    cacheDir: ctx.cacheDir,
    runId: 'bench',
    signal: ctx.signal,
    listener: quiet,
    log: quiet.log,
  };
  await using agent = await startAgent(remote, options);
  // No zeros, which tar would leave out.
  await agent.exec(`mkdir /srv/bulk && head -c ${megabytes}M /dev/urandom > /srv/bulk/file`, {
    timeout: 600,
  });
  let left = questions;
  const without = await measure(agent, () => left-- > 0);
  let under = true;
  const from = performance.now();
  const download = agent.download(['/srv/bulk'], directory).finally(() => {
    under = false;
  });
  const beside = await measure(agent, () => under);
  const seconds = (performance.now() - from) / 1000;
  await download;
  console.log(`${megabytes} MB in ${seconds.toFixed(1)} s (${(megabytes / seconds).toFixed(0)} MB/s)`);
  for (const what of ['question', 'cancellation'] as const) {
    for (const [name, part] of [
      ['p50', 0.5],
      ['p99', 0.99],
      ['longest', 1],
    ] as const) {
      const [alone, busy] = [at(without[what], part), at(beside[what], part)];
      const counts = `${without[what].length} and ${beside[what].length} of them`;
      console.log(
        `${what} ${name}: ${alone.toFixed(1)} ms, beside bulk ${busy.toFixed(1)} ms; ratio ${(busy / alone).toFixed(1)} (${counts})`,
      );
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}
