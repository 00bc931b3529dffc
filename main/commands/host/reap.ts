import { describeFailure } from '../../../common/errors.ts';
import { everyProvider, providerNamed } from '../../providers/registry.ts';
import { silentFace } from '../../report/face.ts';
import { voiceOf } from '../../report/voice.ts';
import { reapDirectory } from '../../run/reap/reap.ts';
import { reapEverywhere } from '../../run/reap/reap-everywhere.ts';
import { virtDirectory } from '../../virt/server-ledger.ts';
import type { Command } from '../command.ts';
import { worldOf } from '../world-of.ts';

export const reapCommand: Command = async (_args, options, environment) => {
  const world = worldOf(environment, silentFace);
  const only = options.provider === undefined ? undefined : await providerNamed(String(options.provider));
  // What virtualisation servers make belongs to no folder of the user's.
  const folders = [environment.cwd, virtDirectory(environment.cacheDir)];
  const tell = (line: string) => void environment.stdout.write(`${line}\n`);
  const reaped = [];
  if (!only) for (const folder of folders) reaped.push(await reapDirectory(folder, world));
  for (const line of reaped.flatMap(({ lines }) => lines)) tell(line);
  const everywhere = await reapEverywhere(only ? [only] : await everyProvider(), world, {
    kept: options.kept === true,
    all: options.all === true,
    named: only !== undefined,
    folders,
    tell,
  });
  for (const line of [...everywhere.lines, ...everywhere.leftAlone]) tell(line);
  reaped.push(everywhere);
  const [failure, ...more] = reaped.flatMap(({ failures }) => failures);
  for (const { details } of more) voiceOf(environment).error(describeFailure(details));
  if (failure) throw failure;
  if (reaped.some(({ lines }) => lines.length > 0)) return 0;
  tell(`Nothing ${everywhere.leftAlone.length > 0 ? 'of this folder ' : ''}was left behind.`);
  return 0;
};
