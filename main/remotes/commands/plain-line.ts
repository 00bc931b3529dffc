/** The environment variable by which the processes of one `exec` are found again, whoever they run as. */
export const marker = 'SHAKEDOWN_EXEC';

/**
 * What a command says before its first own byte. `set -x` of a login shell does not say it; and
 * they differ, for some logins join the two.
 */
export const beginning = {
  stdout: (id: string): string => `${id}.`,
  stderr: (id: string): string => `${id}:`,
} as const;

/**
 * The words `sh -c …` for a script, such that every login shell hands on the same: sh and its kin, csh and
 * tcsh (which take `!` and a line's end within quotes for their own), fish (which takes `\\` there for one).
 * Within quotes there are but letters, digits and signs that none of them reads; the only backslash stands
 * outside, doubled. Words are short, for csh takes none of more than 1 KiB.
 *
 * `saysBeginning`: it says `beginning` of the id in its environment first.
 */
export function plainLine(script: string, saysBeginning = false): string {
  const say = saysBeginning ? `printf %s: "$${marker}" >&2;printf %s. "$${marker}";` : '';
  // "$*" joins what was split at % with backslashes (the first letter of IFS), which
  // printf(1) reads as octal numbers.
  const reader = `IFS=;set -f;all="$*";IFS=%;set -- $all;IFS=$0;${say}exec sh -c "$(printf %b "$*")"`;
  const words = encoded(script).match(/.{1,900}/g) ?? [''];
  return `sh -c '${reader}' \\\\ ${words.map((word) => `'${word}'`).join(' ')}`;
}

/** All but plain signs as `%0` and the byte in three octal digits. */
const encoded = (text: string): string =>
  text.replaceAll(/[^ "#-$&(-[\]-~]+/g, (signs) =>
    [...Buffer.from(signs)].map((byte) => `%0${byte.toString(8).padStart(3, '0')}`).join(''),
  );
