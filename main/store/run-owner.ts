import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from '../../common/processes/process-identity.ts';

/** Whether the process is alive that made the run's directory. */
export function runOwnerLives(runDirectory: string): boolean {
  try {
    const owner: ProcessIdentity = JSON.parse(readFileSync(join(runDirectory, 'owner.json'), 'utf8'));
    return isAlive(owner);
  } catch {
    return false;
  }
}
