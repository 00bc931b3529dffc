import { statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, posix, resolve } from 'node:path';
import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { mergeTree } from '../../remotes/merge-tree.ts';
import type { Remote } from '../../remotes/remote.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { Command } from '../command.ts';
import { keptMachine } from './kept-node.ts';

export const cpCommand: Command = async ([from = '', to = ''], _options, { cwd, signal, stdout }) => {
  const [source, target] = [place(from), place(to)];
  if ((source.node === undefined) === (target.node === undefined)) {
    throw new UsageError('One of the two must be on a node, as in 0:/etc/hosts.', {
      hint: 'shakedown cp 0:/etc/hosts .',
    });
  }
  if (source.node !== undefined && source.path === '/')
    throw new UsageError('The whole of a node is too much: name a folder of it.');
  const machine = await keptMachine(cwd, source.node ?? target.node);
  await using remote = await connectSsh(machine.ssh, { signal, timeout: 20 });
  const copied =
    source.node === undefined
      ? await send(remote, resolve(cwd, source.path), target.path, signal)
      : await bring(remote, source.path, resolve(cwd, target.path), signal);
  stdout.write(`${copied}\n`);
  return 0;
};

/** `NODE:/path`, or else a path of the main host. */
function place(written: string): { readonly node?: string; readonly path: string } {
  const [, node, path = ''] = /^([\w.-]+):(.*)$/s.exec(written) ?? [];
  if (node === undefined) return { path: written };
  if (!path.startsWith('/'))
    throw new UsageError(`Paths on a node begin with a slash; found '${written}'.`, {
      hint: `${node}:/${path}, or ./${written} for a file here`,
    });
  return { node, path: posix.resolve(path) };
}

/** Into the folder `target` if there is one on the node, else under that name. */
async function send(remote: Remote, source: string, target: string, signal: AbortSignal): Promise<string> {
  const stats = statSync(source, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`There is no ${source}.`);
  const root = { root: true, signal };
  const isFolder = await remote.exec(['test', '-d', target], root);
  const final = isFolder.exitCode === 0 ? posix.join(target, basename(source)) : target;
  const entries = stats.isDirectory() ? await entriesOf(source) : [basename(source)];
  const upload = (folder: string) => remote.upload(dirname(source), folder, { ...root, entries });
  if (posix.basename(final) === basename(source)) {
    await upload(posix.dirname(final));
    return `${source} -> ${final}`;
  }
  const beside = posix.join(posix.dirname(final), `.shakedown-cp-${process.pid}`);
  try {
    await upload(beside);
    const move = await remote.exec(['mv', '-T', posix.join(beside, basename(source)), final], root);
    if (move.exitCode !== 0)
      throw new ShakedownError({ message: `could not write ${final}: ${move.stderr.trim()}` });
  } finally {
    if (!remote.lost.aborted) await remote.exec(['rm', '-rf', beside], { root: true });
  }
  return `${source} -> ${final}`;
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  const name = basename(folder);
  const inside = await readdir(folder, { recursive: true });
  return [name, ...inside.map((path) => join(name, path))];
}

/**
 * Into the folder `target` if there is one, else under that name; a folder that is there already is added to.
 */
async function bring(remote: Remote, source: string, target: string, signal: AbortSignal): Promise<string> {
  const name = posix.basename(source);
  const folder = statSync(target, { throwIfNoEntry: false })?.isDirectory();
  const final = folder ? join(target, name) : target;
  await mkdir(dirname(final), { recursive: true });
  const temporary = await mkdtemp(join(dirname(final), '.shakedown-cp-'));
  try {
    const options = { root: true, base: posix.dirname(source), signal };
    const { problems, files } = await remote.download([source], temporary, options);
    if (files === 0)
      throw new ShakedownError({ message: `nothing came from ${source}`, lastLines: problems });
    await mergeTree(Buffer.from(join(temporary, name)), Buffer.from(final), { replace: false });
    return [`${source} -> ${final}`, ...problems.map((problem) => `  not copied: ${problem}`)].join('\n');
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
