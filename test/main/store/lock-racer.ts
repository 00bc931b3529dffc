import { closeSync, linkSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../../common/errors.ts';
import { processIdentity } from '../../../common/processes/process-identity.ts';
import { acquireLock } from '../../../main/store/lock.ts';

/*
 * One of several processes that want the same folder in the same millisecond, round after round. Prints what
 * came of each round: `held`, `refused`, or `TWO` when another one held it too. The first racer leaves a dead
 * process's lock, or a damaged one, before most rounds.
 */
const [directory = '', racer = '', start = '', rounds = ''] = process.argv.slice(2);
const between = 60;
const inside = join(directory, 'inside');
const lock = join(directory, '.shakedown/lock');
const left = [
  undefined,
  JSON.stringify({ ...processIdentity(), pid: 2 ** 22 - 3, since: 1 }),
  '',
  JSON.stringify({ ...processIdentity(), startTime: '1', since: 2 }),
];

for (let round = 0; round < Number(rounds); round++) {
  const at = Number(start) + round * between;
  const remains = left[round % left.length];
  await sleep(Math.max(0, at - 20 - Date.now()));
  if (racer === '0' && remains !== undefined) leave(remains);
  await sleep(Math.max(0, at - 5 - Date.now()));
  // Sleeping is not exact enough to meet the others.
  while (Date.now() < at);
  console.log(await oneRound());
}

/** Never over the lock of a living one. */
function leave(text: string): void {
  const aside = join(directory, 'aside');
  writeFileSync(aside, text);
  try {
    linkSync(aside, lock);
  } catch {
    // Somebody is late and has it still.
  }
  rmSync(aside);
}

async function oneRound(): Promise<string> {
  try {
    await using _lock = await acquireLock(directory);
    try {
      closeSync(openSync(inside, 'wx'));
    } catch {
      return 'TWO';
    }
    await sleep(10);
    rmSync(inside);
    return 'held';
  } catch (error) {
    if (error instanceof UsageError) return 'refused';
    throw error;
  }
}
