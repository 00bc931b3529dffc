import { ShakedownError } from '../../common/errors.ts';

const refusals = [
  /^sudo: .*(password is required|terminal is required|not allowed|not in the sudoers).*$/m,
  /^.*(is not in the sudoers file|is not allowed to (execute|run sudo)).*$/m,
];

/** Throws when sudo itself said no, or is not there, which is no result of the command. */
export function refuseSudo(exitCode: number | null, stderr: string, user: string): void {
  if (exitCode === 127 && /sudo:.*not found/.test(stderr)) {
    throw new ShakedownError({
      message: `'${user}' may not run commands as root, for there is no sudo on the node`,
      hint: 'log in as root (--user root), or on the node: apt-get install sudo',
    });
  }
  const said =
    exitCode === 1 ? refusals.map((refusal) => refusal.exec(stderr)?.[0]).find(Boolean) : undefined;
  if (said === undefined) return;
  throw new ShakedownError({
    message: `'${user}' may not run commands as root: ${said}`,
    hint: `on the node: echo '${user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/shakedown`,
  });
}
