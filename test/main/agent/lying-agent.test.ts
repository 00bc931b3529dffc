import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { allLies } from '../../fakes/lying-agent/lies.ts';
import { rounds } from '../../rounds.ts';

const folder = join(import.meta.dirname, '../../fakes/lying-agent');

/** MB that a main host may take, with all that Node itself needs. */
const memory = 300;

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
    const range = seed === undefined ? ['1', String(rounds(100, 10_000))] : [seed, '1'];
    const mainHost = run('main-host.ts', [join(base, 'socket'), base, ...range]);
    const said = (await text(mainHost.stdout as NonNullable<typeof mainHost.stdout>)).trim().split('\n');
    const wrong = said.slice(0, -1);
    expect(wrong).toEqual([]);
    const { rss, seeds } = JSON.parse(said.at(-1) ?? '{}');
    expect(seeds).toBe(Number(range[1]));
    expect(rss).toBeLessThan(memory);
  },
  rounds(120_000, 7_200_000),
);
