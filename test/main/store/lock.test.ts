import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../common/errors.ts';
import { isAlive, processIdentity } from '../../../common/processes/process-identity.ts';
import { acquireLock } from '../../../main/store/lock.ts';
import { rounds } from '../../rounds.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'shakedown-lock-'));
const dead = { ...processIdentity(), pid: 2 ** 22 - 3 };
const races = rounds(25, 300);

describe('the folder’s lock', () => {
  test('is held by one, who is named to the other, and free again after', async () => {
    const directory = folder();
    const lock = await acquireLock(directory);
    await expect(acquireLock(directory)).rejects.toThrow(`Process ${process.pid}`);
    await expect(acquireLock(directory)).rejects.toBeInstanceOf(UsageError);
    await lock[Symbol.asyncDispose]();
    await (await acquireLock(directory))[Symbol.asyncDispose]();
    expect(readdirSync(join(directory, '.shakedown'))).toEqual([]);
  });

  test.each([
    ['a dead process', dead],
    ['a process whose pid another one has now', { ...processIdentity(), startTime: '1' }],
    ['a process of before the reboot', { ...processIdentity(), bootId: 'another' }],
    ['nobody, being damaged', 'not even JSON'],
  ])('of %s is taken over', async (_who, holder) => {
    const directory = folder();
    mkdirSync(join(directory, '.shakedown'));
    writeFileSync(join(directory, '.shakedown/lock'), JSON.stringify(holder));
    await using lock = await acquireLock(directory);
    expect(lock).toBeDefined();
  });

  test('is taken over also from one who was killed while it took it over', async () => {
    const directory = folder();
    const inFolder = (name: string) => join(directory, '.shakedown', name);
    mkdirSync(inFolder('.'));
    const text = JSON.stringify({ ...dead, since: 5 });
    // The names that such a one leaves: of the lock on the removal of this
    // text, and of what is not yet linked.
    const removal = `lock.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    for (const name of ['lock', 'lock.4194301-0011aabb', `${removal}.4194301-0011aabb`])
      writeFileSync(inFolder(name), text);
    writeFileSync(inFolder(removal), JSON.stringify({ ...dead, since: 6 }));
    await using _lock = await acquireLock(directory);
    expect(readdirSync(inFolder('.'))).toEqual(['lock']);
  });

  test('is not given back twice: a later holder’s stays', async () => {
    const directory = folder();
    const first = await acquireLock(directory);
    await first[Symbol.asyncDispose]();
    await using _second = await acquireLock(directory);
    await first[Symbol.asyncDispose]();
    await expect(acquireLock(directory)).rejects.toThrow('one run at a time');
  });

  test('never has two holders, however many want it in the same millisecond', async () => {
    const directory = folder();
    mkdirSync(join(directory, '.shakedown'));
    const script = join(import.meta.dirname, 'lock-racer.ts');
    const start = String(Date.now() + 2500);
    const race = (racer: number) =>
      promisify(execFile)(process.execPath, [script, directory, String(racer), start, String(races)]);
    const ends = await Promise.all([0, 1, 2].map(race));
    const outcomes = ends.map(({ stdout }) => stdout.trim().split('\n'));
    const count = (wanted: string) => outcomes.flat().filter((outcome) => outcome === wanted).length;
    expect({ two: count('TWO'), all: outcomes.flat().length }).toEqual({ two: 0, all: 3 * races });
    expect(count('held'), 'somebody gets it').toBeGreaterThan(races / 2);
    expect(readdirSync(join(directory, '.shakedown'))).toEqual([]);
  });

  test('knows a living process by more than its number', () => {
    expect(isAlive(processIdentity())).toBe(true);
    expect(isAlive({ ...processIdentity(), startTime: '1' })).toBe(false);
  });
});
