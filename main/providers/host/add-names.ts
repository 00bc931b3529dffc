import { join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { lastLines } from '../../../common/text/last-lines.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { Machine } from '../provider.ts';
import { shellFile } from './shell-file.ts';

const replaceNames = (names: readonly string[]): string =>
  shellFile(join(import.meta.dirname, 'shell'), 'replace-names.sh', {
    names: names.map((name) => name.replaceAll('.', '\\.')).join('|'),
  });

/**
 * Tells a machine names, by lines (`10.0.0.5 db\n` each) for its /etc/hosts (hosts(5)) over ssh, which
 * replace what else is said there of these names: of several answers programs take the first, or a loopback
 * address. `patience`: seconds for the machine to answer, which may still be booting. Throws ShakedownError,
 * and the signal's reason.
 */
export async function addNames(
  machine: Machine,
  lines: readonly string[],
  { signal, patience }: { readonly signal: AbortSignal; readonly patience: number },
): Promise<void> {
  if (lines.length === 0) return;
  await using remote = await connectSsh(machine.ssh, { signal, timeout: patience });
  const names = lines.map((line) => line.trim().split(/\s+/)[1] ?? '');
  const options = { signal, root: true, stdin: lines.join('') };
  const { exitCode, stderr } = await remote.exec(replaceNames(names), options);
  if (exitCode === 0) return;
  throw new ShakedownError({
    message: 'the names of the machines could not be added to /etc/hosts',
    node: machine.id,
    address: machine.address,
    lastLines: lastLines(stderr, 5),
  });
}
