import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import type { Command } from '../command.ts';
import { scaffold } from './scaffold.ts';

export const initCommand: Command = async ([folder], _options, { cwd, stdout }) => {
  if (folder === undefined) throw new UsageError("'shakedown init' needs the name of a folder.");
  const directory = resolve(cwd, folder);
  await refuseUnlessEmpty(directory);
  for (const { path, content, mode } of scaffold(basename(directory))) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { flag: 'wx' });
    if (mode !== undefined) await chmod(file, mode);
  }
  const place = relative(cwd, directory) || '.';
  stdout.write(
    [
      `A scenario of three web servers is in ${place}:`,
      '  config/main.config.ts   the machines and the checks',
      '  config/node.config.ts   what each node installs, starts and sends home',
      '  config/checks/          tests of the whole cluster',
      '  node_files/             what is sent to each node; .tmpl files are rendered',
      '',
      'Next:',
      ...(place === '.' ? [] : [`  cd ${place}`]),
      '  shakedown render        see what each node would get',
      '  shakedown run           run it',
      '',
    ].join('\n'),
  );
  return 0;
};

async function refuseUnlessEmpty(directory: string): Promise<void> {
  const there = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    const what = error.code === 'ENOTDIR' ? 'is no folder' : `cannot be read: ${error.code}`;
    throw new UsageError(`${directory} ${what}.`);
  });
  if (there.length === 0) return;
  throw new UsageError(`${directory} is not empty; nothing was changed.`, { hint: 'give a new folder' });
}
