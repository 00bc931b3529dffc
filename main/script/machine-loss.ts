import { ShakedownError } from '../../common/errors.ts';
import type { Connector } from '../cluster/connector.ts';
import type { Remote } from '../remotes/remote.ts';
import type { SshTarget } from '../remotes/ssh-target.ts';

/** Seconds in which a machine that went away may come back, to tell why it went. */
const comeback = 30;

/** What the launcher and the machine tell after the script has ended. */
export interface Aftermath {
  /** Processes that were ended because they still had the script's output open: `812 (sleep 60) …`. */
  readonly held: string;
  /** systemd is on its way down (systemctl(1), is-system-running). */
  readonly goingDown: boolean;
  /** The script's interpreter is not there. */
  readonly noInterpreter: boolean;
}

/** Looks after the script has ended. */
export async function lookAfter(
  remote: Remote,
  base: string,
  interpreter: string | undefined,
  options: { readonly root: boolean; readonly signal: AbortSignal; readonly timeout: number },
): Promise<Aftermath> {
  const line = `cat "$1/held" 2>/dev/null; echo
[ -z "$2" ] || command -v "$2" >/dev/null || echo no-interpreter
[ -d /run/systemd/system ] || exit 0
for wait in 1 2 3 4 5 6 7 8 9 10; do
  state=$(systemctl is-system-running 2>/dev/null)
  case $state in unknown | offline | '') sleep 0.3 ;; *) break ;; esac
done
echo "$state"`;
  const { stdout } = await remote.exec(['sh', '-c', line, 'sh', base, interpreter ?? ''], options);
  const [held = '', ...words] = stdout.split('\n');
  return {
    held: held.trim(),
    goingDown: words.includes('stopping'),
    noInterpreter: words.includes('no-interpreter'),
  };
}

export const goingDown = (): ShakedownError =>
  new ShakedownError({
    message: 'the script rebooted the machine, or shut it down: it is going down',
    hint: whatInstead,
  });

const whatInstead = 'let the script end without it: what comes after a reboot is another script';

/**
 * Why a machine went away while the script ran: whether it comes back, and
 * has booted again (proc(5), boot_id).
 */
export async function whyLost(
  lost: Error,
  target: SshTarget,
  {
    bootId,
    connector,
    signal,
  }: { bootId: string; connector: Pick<Connector, 'connect'>; signal: AbortSignal },
): Promise<ShakedownError> {
  const message = await reason(target, { bootId, connector, signal }).catch(
    () =>
      `the machine went away and did not answer again within ${comeback} s: it was rebooted, shut down, or crashed`,
  );
  return new ShakedownError({ message: `${message} (${lost.message})`, hint: whatInstead });
}

async function reason(
  target: SshTarget,
  {
    bootId,
    connector,
    signal,
  }: { bootId: string; connector: Pick<Connector, 'connect'>; signal: AbortSignal },
): Promise<string> {
  await using remote = await connector.connect(target, { signal, timeout: comeback });
  const { stdout } = await remote.exec('cat /proc/sys/kernel/random/boot_id', { signal, timeout: 10 });
  if (stdout.trim() === bootId) return 'the connection broke though the machine is up: its sshd was ended';
  return 'the script rebooted the machine';
}
