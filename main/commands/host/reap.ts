import { describeFailure } from '../../../common/errors.ts';
import { everyProvider, providerNamed } from '../../providers/registry.ts';
import { silentFace } from '../../report/face.ts';
import { voiceOf } from '../../report/voice.ts';
import { reapDirectory, reapEverywhere } from '../../run/reap.ts';
import { virtDirectory } from '../../virt/server-ledger.ts';
import type { Command } from '../command.ts';
import { worldOf } from '../world-of.ts';

export const reapCommand: Command = async (_args, options, environment) => {
  const world = worldOf(environment, silentFace);
  const only = options.provider === undefined ? undefined : await providerNamed(String(options.provider));
  const folders = only ? [] : [environment.cwd, virtDirectory(environment.cacheDir)];
  const reaped = [];
  for (const folder of folders) reaped.push(await reapDirectory(folder, world));
  const everywhere = await reapEverywhere(only ? [only] : await everyProvider(), world, {
    kept: options.kept === true,
  });
  reaped.push(everywhere);
  const lines = reaped.flatMap((each) => each.lines);
  for (const line of lines) environment.stdout.write(`${line}\n`);
  const [failure, ...more] = reaped.flatMap(({ failures }) => failures);
  for (const { details } of more) voiceOf(environment).error(describeFailure(details));
  if (failure) throw failure;
  if (lines.length === 0) environment.stdout.write('Nothing was left behind.\n');
  return 0;
};
