import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, posix, resolve } from 'node:path';
import { ShakedownError, UsageError } from '../../common/errors.ts';
import type { Remote } from '../remotes/remote.ts';
import { connectSsh } from '../remotes/ssh-remote.ts';
import type { Command } from './command.ts';
import { keptMachine } from './kept-node.ts';

export const cpCommand: Command = {
  name: 'cp',
  args: '<from> <to>',
  description: 'Copy a file or a folder from a node or to it: cp 0:/etc/hosts ./hosts',
  options: [],
  examples: ['shakedown cp 0:/var/log/dpkg.log .', 'shakedown cp ./app 1:/opt'],
  async run([from = '', to = ''], _options, { cwd, signal, stdout }) {
    const [source, target] = [place(from), place(to)];
    if ((source.node === undefined) === (target.node === undefined)) {
      throw new UsageError('One of the two must be on a node, as in 0:/etc/hosts.', {
        hint: 'shakedown cp 0:/etc/hosts .',
      });
    }
    const machine = await keptMachine(cwd, source.node ?? target.node);
    await using remote = await connectSsh(machine.ssh, { signal, timeout: 20 });
    const copied =
      source.node === undefined
        ? await send(remote, resolve(cwd, source.path), target.path)
        : await bring(remote, source.path, resolve(cwd, target.path));
    stdout.write(`${copied}\n`);
    return 0;
  },
};

function place(written: string): { readonly node?: string; readonly path: string } {
  const [, node, path] = /^([\w-]+):(\/.*)$/.exec(written) ?? [];
  return node === undefined || path === undefined ? { path: written } : { node, path };
}

/** Into the folder `target` if there is one on the node, else under that name. */
async function send(remote: Remote, source: string, target: string): Promise<string> {
  if (!existsSync(source)) throw new UsageError(`There is no ${source}.`);
  const isFolder = await remote.exec(['test', '-d', target], { root: true });
  const [folder, name] =
    isFolder.exitCode === 0 ? [target, basename(source)] : [posix.dirname(target), posix.basename(target)];
  if (name === basename(source)) {
    await remote.upload(dirname(source), folder, { root: true, entries: await entriesOf(source) });
  } else {
    const renamed = `${folder}/.${basename(source)}.${process.pid}`;
    await remote.upload(dirname(source), renamed, { root: true, entries: await entriesOf(source) });
    const move = await remote.exec(['mv', '-T', posix.join(renamed, basename(source)), target], {
      root: true,
    });
    await remote.exec(['rm', '-rf', renamed], { root: true });
    if (move.exitCode !== 0)
      throw new ShakedownError({ message: `could not write ${target}: ${move.stderr.trim()}` });
  }
  return `${source} -> ${posix.join(folder, name)}`;
}

async function entriesOf(source: string): Promise<readonly string[]> {
  const name = basename(source);
  if (!statSync(source).isDirectory()) return [name];
  const inside = await readdir(source, { recursive: true });
  return [name, ...inside.map((path) => join(name, path))];
}

async function bring(remote: Remote, source: string, target: string): Promise<string> {
  const folder = existsSync(target) && statSync(target).isDirectory();
  const final = folder ? join(target, posix.basename(source)) : target;
  await mkdir(dirname(final), { recursive: true });
  const temporary = await mkdtemp(join(dirname(final), '.shakedown-cp-'));
  try {
    const { problems, files } = await remote.download([source], temporary, {
      root: true,
      base: posix.dirname(source),
    });
    if (files === 0)
      throw new ShakedownError({ message: `nothing came from ${source}: ${problems.join('; ')}` });
    await rm(final, { recursive: true, force: true });
    await rename(join(temporary, posix.basename(source)), final);
    return [`${source} -> ${final}`, ...problems.map((problem) => `  not copied: ${problem}`)].join('\n');
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
