import { UsageError } from '../../../common/errors.ts';
import { silentFace } from '../../report/face.ts';
import { takeDownKept } from '../../run/reap/take-down.ts';
import { acquireLock } from '../../store/lock.ts';
import type { Command } from '../command.ts';
import { worldOf } from '../world-of.ts';

export const downCommand: Command = async (_args, _options, environment) => {
  await using _lock = await acquireLock(environment.cwd);
  const lines = await takeDownKept(environment.cwd, worldOf(environment, silentFace));
  if (lines.length === 0)
    throw new UsageError('There are no kept machines here.', { hint: 'shakedown run --keep' });
  for (const line of lines) environment.stdout.write(`${line}\n`);
  return 0;
};
