import { ShakedownError } from '../../common/errors.ts';
import type { Remote } from '../remotes/remote.ts';

/**
 * Commands below are ours and short; a machine that does not answer one of them in that time (s) is not well.
 */
const commandLimit = 60;

/**
 * Waits until the machine has started what it starts, and its network: as autopkgtest's
 * own servers do, so that a test does not meet a machine half up. A service that failed is
 * the machine's affair. `timeout` in seconds.
 */
export async function waitUntilUp(
  remote: Remote,
  options: { signal: AbortSignal; timeout: number; root: boolean },
): Promise<void> {
  const line = `[ -d /run/systemd/system ] || exit 0
systemctl is-system-running --wait >/dev/null 2>&1; systemctl start network-online.target 2>/dev/null || :`;
  await remote.exec(line, options);
}

/** What `capabilitiesOf` needs to know of a machine. */
export async function factsOf(
  remote: Remote,
  signal: AbortSignal,
): Promise<{ readonly root: boolean; readonly container: boolean }> {
  const options = { signal, timeout: commandLimit };
  // systemd-detect-virt(1) without systemd: what PID 1 was told (systemd.io/CONTAINER_INTERFACE).
  const line = `id -u; if sudo -n true 2>/dev/null; then echo sudo; else echo; fi
systemd-detect-virt --container 2>/dev/null || { [ -e /run/systemd/container ] && echo container || echo none; }`;
  const [uid, sudo, virt] = (await remote.exec(line, options)).stdout.split('\n');
  return { root: uid === '0' || sudo === 'sudo', container: virt !== 'none' };
}

/** Where the caller's folder waits while the machine restarts: /tmp may be in memory. */
const saved = '/var/cache/autopkgtest-tmpdir.tar';

/**
 * Packs the folder away, and lets a test go on that waits to restart the
 * machine itself. Throws ShakedownError.
 */
export const saveScratch = (
  remote: Remote,
  scratch: string,
  options: { signal: AbortSignal },
): Promise<void> =>
  must(
    remote,
    [
      'sh',
      '-c',
      `tar -cPf ${saved} --warning=none "$0" && rm -f /run/autopkgtest-reboot-prepare-mark`,
      scratch,
    ],
    options,
  );

export const restoreScratch = (remote: Remote, options: { signal: AbortSignal }): Promise<void> =>
  must(remote, `tar -xpPf ${saved} --warning=none && rm ${saved}`, options);

/** Runs it as root. Throws ShakedownError when it fails. */
export async function must(
  remote: Remote,
  command: string | readonly string[],
  options: { readonly signal: AbortSignal; readonly timeout?: number },
): Promise<void> {
  const result = await remote.exec(command, { timeout: 300, ...options, root: true });
  if (result.exitCode === 0) return;
  const { exitCode, stderr } = result;
  throw new ShakedownError({
    message: 'a command failed on the machine',
    command: result.command,
    exitCode,
    lastLines: stderr.trim().split('\n').slice(-5),
  });
}
