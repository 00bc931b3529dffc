import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { MakerPlan } from './maker.ts';

const program = join(import.meta.dirname, 'maker.ts');

/** A maker under way, once it begins. */
export async function startMaker(action: 'create' | 'destroy', plan: MakerPlan) {
  const running = execa(process.execPath, [program, action, JSON.stringify(plan)], {
    reject: false,
    all: true,
    // As the program itself starts (bin/start.mjs): much of a maker's short life would be compiling.
    env: { NODE_COMPILE_CACHE: join(plan.cacheDir, 'compiled') },
  });
  let said = '';
  running.all.on('data', (chunk) => {
    said += chunk;
  });
  const says = (word: string) =>
    expect.poll(() => said, { interval: 2, timeout: 120_000, message: `${action} ${plan.id}` }).toMatch(word);
  await says('begins');
  return {
    done: () => says('done'),
    kill: async () => {
      running.kill('SIGKILL');
      await running;
    },
  };
}

/** Kills a maker that many ms after it begins. */
export async function killAfter(ms: number, action: 'create' | 'destroy', plan: MakerPlan): Promise<void> {
  const maker = await startMaker(action, plan);
  await sleep(ms);
  await maker.kill();
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Everything on this machine that has one of the ids in its name or its text. */
export async function traces(ids: readonly string[]): Promise<readonly string[]> {
  const script = `ip -br link; ls /run/netns; cat /proc/self/mounts; nft list ruleset; losetup -a
    find /sys/fs/cgroup -maxdepth 5 -type d \\( -path '*shakedown*' -o -path '*lxc*' -o -path '*libpod*' \\)
    find /var/lib/shakedown -maxdepth 2; find /var/lib/shakedown/docker -path '*/overlay/*' -prune -o -name '*json' -print0 |
      xargs -0 -r cat; find /run -maxdepth 4 -path '/run/user' -prune -o -print; ls /var/lib/lxc /dev/shm
    grep -rs . "\${VAGRANT_HOME:-/nonexistent}/data"; cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep ^VAGRANT_DOTFILE_PATH
    for c in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $c; echo; done`;
  const { stdout } = await execa('sh', ['-c', script], { reject: false, maxBuffer: 50_000_000 });
  return stdout
    .split('\n')
    .filter((line) => ids.some((id) => line.includes(id)))
    .map((line) => line.slice(0, 300));
}
