import { readdirSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { clusterIds, leftovers, mainConfig, readLatest, result, scenario, start, until } from '../harness.ts';

/** Runs until it is ended, with a check that takes its time. */
const slow = {
  'config/main.config.ts': mainConfig(
    "nodes: nspawn({ count: 1 }), checks: [command({ name: 'long', command: 'sleep 200', on: 'all', within: 300 })]",
  ),
};

/** Processes of a cluster's machines, as this machine numbers them, whose command line holds `words`. */
function processes(cluster: string, words: string): readonly number[] {
  const of = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter(
      (pid) => /^\d+$/.test(pid) && of(pid, 'cgroup').includes(cluster) && of(pid, 'cmdline').includes(words),
    )
    .map(Number);
}

/** The one cluster of a folder, once its check is under way. */
async function underCheck(directory: string): Promise<string> {
  await until(directory, 'check-started');
  const [cluster = ''] = clusterIds(directory);
  return cluster;
}

test('an agent that is stopped holds up nobody after Ctrl-C: the evidence comes by another one', async () => {
  const directory = scenario(slow);
  const run = start(directory, ['run']);
  const cluster = await underCheck(directory);
  const agents = processes(cluster, '/var/cache/shakedown/').filter(
    (pid) => !processes(cluster, 'sh -c').includes(pid),
  );
  expect(agents).not.toEqual([]);
  for (const pid of agents) process.kill(pid, 'SIGSTOP');
  run.kill('SIGINT');
  const interruptedAt = performance.now();
  const { exitCode, all } = await run;
  expect(exitCode, all).toBe(130);
  expect(all).toContain('its agent says nothing: 10 s are waited for it');
  expect(performance.now() - interruptedAt).toBeLessThan(100_000);
  expect(readLatest(directory, 'nodes/0/logs/loop.log')).toContain('looping');
  expect(readLatest(directory, 'nodes/0/logs/journal.log')).not.toBe('');
  expect(await leftovers([cluster])).toEqual([]);
});

test('the evidence of a node whose link was broken comes by another agent', async () => {
  const directory = scenario(slow);
  const run = start(directory, ['run']);
  const cluster = await underCheck(directory);
  const [inside] = processes(cluster, 'sh loop.sh');
  const inItsNetwork = (...command: readonly string[]) =>
    execa('nsenter', ['-t', String(inside), '-n', ...command]);
  await inItsNetwork(
    'nft',
    'add table inet cut; add chain inet cut in { type filter hook input priority 0; policy drop; }',
  );
  await until(directory, 'was lost');
  await inItsNetwork('nft', 'delete table inet cut');
  const { exitCode, all } = await run;
  expect(exitCode, all).toBe(3);
  expect(result(directory).failures[0]?.message).toMatch(/the connection to .* was lost/);
  expect(all).not.toContain('booted again');
  expect(readLatest(directory, 'nodes/0/logs/loop.log')).toContain('looping');
  expect(readLatest(directory, 'nodes/0/files/loop.sh')).toContain('looping');
  expect(await leftovers([cluster])).toEqual([]);
});

test('a node that boots unasked is told as that, with its evidence', async () => {
  const directory = scenario({
    ...slow,
    'node_files/loop.sh': 'echo looping; sleep 5; systemctl reboot; while :; do sleep 1; done\n',
  });
  const { exitCode, all } = await start(directory, ['run']);
  expect(exitCode, all).toBe(3);
  expect(result(directory).failures[0]?.message).toContain('it has booted again, which nobody asked for');
  expect(all).toContain('it has booted again, which nobody asked for');
  expect(readLatest(directory, 'nodes/0/files/loop.sh')).toContain('looping');
  expect(readLatest(directory, 'nodes/0/logs/journal.log')).not.toBe('');
  expect(await leftovers(clusterIds(directory))).toEqual([]);
});
