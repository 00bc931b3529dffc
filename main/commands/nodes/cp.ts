import { stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { bring, send } from '../../cluster/operations/copy.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { Command } from '../command.ts';
import { withProgress } from './copy-progress.ts';
import { keptMachine } from './kept-node.ts';

export const cpCommand: Command = async ([from = '', to = ''], _options, environment) => {
  const { cwd, signal, stdout } = environment;
  const [source, target] = [place(from), place(to)];
  if ((source.node === undefined) === (target.node === undefined)) {
    const where =
      source.node === undefined ? 'Neither of the two is on a node' : 'Both of the two are on nodes';
    throw new UsageError(`${where}; cp copies between a node and this machine.`, {
      hint: 'shakedown cp 0:/etc/hosts .',
    });
  }
  const machine = await keptMachine(cwd, source.node ?? target.node);
  await using remote = await connectSsh(machine.ssh, { signal, timeout: 20 });
  if (source.node === undefined) {
    const own = resolve(cwd, source.path);
    const there = await withProgress(environment, await sizeOf(own), (onProgress) =>
      send(remote, own, target.path, { sftp: remote, signal, onProgress }),
    );
    stdout.write(`${own} -> ${there}\n`);
    return 0;
  }
  const brought = await withProgress(environment, undefined, (onProgress) =>
    bring(remote, source.path, resolve(cwd, target.path), { sftp: remote, signal, onProgress }),
  );
  const { path, problems, target: leadsTo } = brought;
  const link = leadsTo === undefined ? '' : ` (a link to ${printableLine(leadsTo, 300)})`;
  const left = problems.map((problem) => `  not copied: ${problem}\n`);
  stdout.write([`${source.path}${link} -> ${path}\n`, ...left].join(''));
  return 0;
};

/** Of a file; of what else there is, it is not known beforehand. */
async function sizeOf(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ? stats.size : undefined;
}

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
