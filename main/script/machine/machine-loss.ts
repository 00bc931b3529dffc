import { ShakedownError } from '../../../common/errors.ts';
import type { Connector } from '../../cluster/connector.ts';
import { shellFile } from '../../providers/host/shell-file.ts';
import { bootOf } from '../../remotes/next-boot.ts';
import type { Remote } from '../../remotes/remote.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';

/** Seconds in which a machine that went away may come back, to tell why it went. */
const comeback = 30;

/** How a script left its machine. */
export interface Aftermath {
  /** Processes that were ended because they still had the script's output open: `812 (sleep 60) …`. */
  readonly held: string;
  /** Others that it left running, where it had a control group. */
  readonly left: string;
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
  const script = shellFile(import.meta.dirname, 'shell/look-after.sh', { base, interpreter });
  const { stdout } = await remote.exec(script, options);
  const [held = '', left = '', ...words] = stdout.split('\n');
  return {
    held: held.trim(),
    left: left.trim(),
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

/** Why a machine went away while the script ran: whether it comes back, and has booted again since `boot`. */
export async function whyLost(
  lost: Error,
  target: SshTarget,
  boot: string,
  connector: Pick<Connector, 'connect'>,
  signal: AbortSignal,
): Promise<ShakedownError> {
  const gone = `the machine went away and did not answer again within ${comeback} s`;
  let why = `${gone}: it was rebooted, shut down, or crashed`;
  try {
    await using remote = await connector.connect(target, { signal, timeout: comeback });
    const same = (await bootOf(remote, signal)) === boot;
    why = same
      ? 'the connection broke though the machine is up: its sshd was ended'
      : 'the script rebooted the machine';
  } catch {
    // Then nothing is known of it but that.
  }
  return new ShakedownError({ message: `${why} (${lost.message})`, hint: whatInstead });
}
