import { providers } from '../providers/registry.ts';
import { reapDirectory, reapEverywhere } from '../reap.ts';
import { silentFace } from '../report/face.ts';
import type { Command } from './command.ts';
import { realWorld } from './real-world.ts';

export const reapCommand: Command = {
  name: 'reap',
  args: '',
  description: 'Take away what killed runs left behind; what is in use or was kept stays',
  options: [['--kept', 'Kept machines of this main host, too']],
  async run(_args, options, environment) {
    const world = realWorld(environment, silentFace);
    const lines = [
      ...(await reapDirectory(environment.cwd, world)),
      ...(await reapEverywhere(providers, world, { kept: options.kept === true })),
    ];
    for (const line of lines) environment.stdout.write(`${line}\n`);
    if (lines.length === 0) environment.stdout.write('Nothing was left behind.\n');
    return 0;
  },
};
