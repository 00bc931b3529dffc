import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished } from 'vitest';
import type { RunResult } from '../../main/record/run-result.ts';
import { openLedgers } from '../../main/store/file-ledger.ts';
import { readKeptCluster } from '../../main/store/kept-cluster.ts';

/** What `npm i -g` puts on the PATH as `shakedown`. */
export const program = join(import.meta.dirname, '../../bin/shakedown.mjs');

/** A new folder with a scenario in it; what a test leaves in it goes with the test. */
export function scenario(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-e2e-'));
  for (const [name, text] of Object.entries({ ...tiny, ...files })) write(directory, name, text);
  onTestFinished(() => cleanUp(directory));
  return directory;
}

/**
 * Takes away what a test left in a folder, and the folder: mostly there is nothing,
 * and no program is started for it.
 */
export async function cleanUp(directory: string): Promise<void> {
  if (await readKeptCluster(directory)) await shakedown(directory, ['down']);
  if ((await openLedgers(directory)).length > 0) await shakedown(directory, ['reap']);
  rmSync(directory, { recursive: true, force: true });
}

export function write(directory: string, name: string, text: string | Buffer): void {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** One container with a service that needs nothing but sh. */
const tiny = {
  'config/main.config.ts': mainConfig('nodes: nspawn({ count: 1 })'),
  'config/node.config.ts': nodeConfig("services: [{ name: 'loop', command: 'exec sh loop.sh' }]"),
  'node_files/loop.sh': 'echo looping; while :; do sleep 1; done\n',
};

export function mainConfig(body: string): string {
  return `import { command, defineMain, docker, nspawn, qemu, ssh, tcp } from 'shakedown';\nexport default defineMain({ ${body} });\n`;
}

export function nodeConfig(body: string): string {
  return `import { defineNode } from 'shakedown';\nexport default defineNode({ ${body} });\n`;
}

/** Starts the program as a user would; `all` holds what it printed, in order. */
export function start(directory: string, args: readonly string[], env: Record<string, string> = {}) {
  return execa(process.execPath, [program, ...args], {
    cwd: directory,
    env: { NO_COLOR: '1', ...env },
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: 500_000,
    maxBuffer: 20_000_000,
  });
}

export async function shakedown(
  directory: string,
  args: readonly string[],
  env: Record<string, string> = {},
) {
  const { exitCode, stdout, stderr, all } = await start(directory, args, env);
  return { exitCode, stdout, stderr, all };
}

export const latest = (directory: string): string => join(directory, '.shakedown/runs/latest');

export const readLatest = (directory: string, name: string): string =>
  readFileSync(join(latest(directory), name), 'utf8');

/** Waits until the events of a folder's latest run hold these words. */
export async function until(directory: string, words: string): Promise<void> {
  const events = join(latest(directory), 'events.ndjson');
  const come = () => existsSync(events) && readFileSync(events, 'utf8').includes(words);
  await expect.poll(come, { interval: 10, timeout: 60_000 }).toBe(true);
}

export const result = (directory: string): RunResult => JSON.parse(readLatest(directory, 'run.json'));

/** The ids of all clusters that the runs of a folder made, from their ledgers. */
export function clusterIds(directory: string): readonly string[] {
  const runs = join(directory, '.shakedown/runs');
  if (!existsSync(runs)) return [];
  const texts = readdirSync(runs)
    .map((run) => join(runs, run, 'ledger'))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
  const ids = texts.join('').matchAll(/"kind":"cluster","id":"([0-9a-f]{6})"/g);
  return [...new Set([...ids].map(([, id = '']) => id))];
}

/**
 * Everything on this machine that has one of the ids in its name: links, namespaces,
 * mounts, tables, cgroups, processes.
 */
export async function leftovers(ids: readonly string[]): Promise<readonly string[]> {
  const script = `ip -br link; ls /run/netns 2>/dev/null; cat /proc/self/mounts; nft list tables;
    find /sys/fs/cgroup -path '*shakedown*' -type d 2>/dev/null; ls /var/lib/shakedown/{nspawn,docker,qemu} 2>/dev/null;
    for c in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $c 2>/dev/null; echo; done`;
  const { stdout } = await execa('bash', ['-c', script]);
  return stdout.split('\n').filter((line) => ids.some((id) => withoutLongIds(line).includes(id)));
}

/**
 * Now and then six digits of what is not ours are those of a cluster: UUIDs,
 * digests, control groups of tasks.
 */
const withoutLongIds = (line: string): string =>
  line.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}/g, '');
