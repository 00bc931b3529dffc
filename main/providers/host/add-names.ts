import { ShakedownError } from '../../../common/errors.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { Machine } from '../provider.ts';

/** Puts each line of its input that is not there yet before the others; in place: a container's may be mounted. */
const prepend = `missing=$(while IFS= read -r line; do
  grep -qxF -- "$line" /etc/hosts || printf '%s\\n' "$line"
done)
[ -z "$missing" ] || { old=$(cat /etc/hosts) && printf '%s\\n' "$missing" "$old" > /etc/hosts; }`;

/**
 * Adds lines (`10.0.0.5 db\n` each) to a machine's /etc/hosts (hosts(5)) over ssh, those that are not there yet, and
 * before the others: the first one with a name counts. `patience`: seconds for the machine to answer, which may still be
 * booting. Throws ShakedownError, and the signal's reason.
 */
export async function addNames(
  machine: Machine,
  lines: readonly string[],
  { signal, patience }: { readonly signal: AbortSignal; readonly patience: number },
): Promise<void> {
  if (lines.length === 0) return;
  await using remote = await connectSsh(machine.ssh, { signal, timeout: patience });
  const options = { signal, root: true, stdin: lines.join('') };
  const { exitCode, stderr } = await remote.exec(prepend, options);
  if (exitCode === 0) return;
  throw new ShakedownError({
    message: 'the names of the machines could not be added to /etc/hosts',
    node: machine.id,
    address: machine.address,
    lastLines: stderr.trim().split('\n').slice(-5),
  });
}
