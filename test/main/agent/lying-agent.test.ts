import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { allLies, seedsOfOnce } from '../../fakes/lying-agent/lies.ts';
import { rounds } from '../../rounds.ts';

const folder = join(import.meta.dirname, '../../fakes/lying-agent');

/** MB that a main host may take, with all that Node itself needs. */
const memory = 300;

/**
 * Seeds of one main host: more agents than most runs have, and no more garbage than is collected meanwhile.
 */
const batch = 50;

function run(file: string, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [join(folder, file), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

test(
  'an agent that lies costs its own answers: no file elsewhere, nothing that acts on a terminal, little memory, and ' +
    'Ctrl-C is answered within a second',
  async () => {
    expect(allLies().length).toBeGreaterThan(500);
    const base = mkdtempSync(join(tmpdir(), 'shakedown-lies-'));
    onTestFinished(() => rmSync(base, { recursive: true, force: true }));
    const liar = run('liar.ts', [join(base, 'socket'), base]);
    await once(liar.stdout as NonNullable<typeof liar.stdout>, 'data');
    const seed = process.env.SHAKEDOWN_SEED;
    const range = Array.from({ length: rounds(100, 10_000) }, (_, index) => index + 1);
    const seeds = seed === undefined ? [...seedsOfOnce(), ...range] : [Number(seed)];
    for (let next = 0; next < seeds.length; next += batch) {
      const some = seeds.slice(next, next + batch);
      const mainHost = run('main-host.ts', [join(base, 'socket'), base, some.join(',')]);
      const said = (await text(mainHost.stdout as NonNullable<typeof mainHost.stdout>)).trim().split('\n');
      expect(said.slice(0, -1)).toEqual([]);
      const { rss, seeds: done } = JSON.parse(said.at(-1) ?? '{}');
      expect(done).toBe(some.length);
      expect(rss, `seeds ${some.join(' ')}`).toBeLessThan(memory);
    }
  },
  rounds(600_000, 7_200_000),
);
