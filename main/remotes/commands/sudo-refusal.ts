import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { printableLine } from '../../../common/text/printable.ts';

/** Why a command did not begin as root. */
export interface Refusal {
  readonly user: string;
  readonly exitCode: number | null;
  /** What was said instead. */
  readonly said: string;
}

/** The first row that fits tells. */
const rows: readonly {
  readonly words: RegExp;
  /** Instead of sudo's words. */
  readonly message?: string;
  readonly hint: (user: string) => string;
}[] = [
  {
    words:
      /^(env|exec|sh): .*sudo.*(No such file|not found)|^.*sudo: (command )?not found|no such program.*sudo/im,
    message: 'there is neither sudo nor doas on the node (or not in the PATH of the login)',
    hint: () => 'log in as root (--user root), or on the node: apt-get install sudo',
  },
  {
    words: /^doas: .*$/im,
    hint: (user) => `on the node, in /etc/doas.conf: permit nopass ${user} as root`,
  },
  {
    words: /^.*(must have a tty|no tty present).*$/im,
    hint: (user) =>
      `sudo wants a terminal there (requiretty); on the node: echo 'Defaults:${user} !requiretty' > /etc/sudoers.d/shakedown-tty`,
  },
  {
    words: /^sudo: .*env: command not found.*$/im,
    hint: () => "sudo's secure_path lacks /usr/bin: mend it in /etc/sudoers on the node (visudo)",
  },
  {
    words: /^.*(setuid bit|nosuid|effective uid is not 0|no new privileges).*$/im,
    hint: () =>
      'on the node: chown root: /usr/bin/sudo && chmod 4755 /usr/bin/sudo; its file system must not be mounted nosuid',
  },
  {
    words: /^.*(syntax error|parse error|no valid sudoers|unable to (stat|open) .*sudoers|owned by uid).*$/im,
    hint: () => "visudo -c on the node, as root, says what is wrong with sudo's files",
  },
  {
    words:
      /^.*(password is required|terminal is required|not allowed|not in the sudoers|may not run sudo|authentication).*$/im,
    hint: (user) => `on the node: echo '${user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/shakedown`,
  },
];

/** What to say of a command that `sudo -n`, or `doas -n`, did not begin. */
export function sudoRefusal({ user, exitCode, said }: Refusal): ShakedownError {
  const row = rows.find(({ words }) => words.test(said));
  const words =
    row?.message ?? row?.words.exec(said)?.[0] ?? (said.trim().split('\n').at(-1) || 'it says nothing');
  return new ShakedownError({
    message: `'${user}' may not run commands as root: ${printableLine(words, 300)}`,
    ...present({ exitCode: exitCode ?? undefined }),
    hint: row?.hint(user) ?? `try it by hand on the node: sudo -n true; or log in as root (--user root)`,
  });
}
