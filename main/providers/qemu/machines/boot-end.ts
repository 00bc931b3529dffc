/** Terminal control (ECMA-48) and carriage returns, of which firmware and boot loaders make much use. */
const control = new RegExp(`${String.fromCharCode(27)}(?:\\[[0-9;?]*[A-Za-z]|[A-Za-z])|\\r`, 'g');

/** Told where a boot stops for good, and what it means; the first that is found is told. */
const ends: readonly (readonly [RegExp, (words: string) => string])[] = [
  [/^No bootable device/m, () => 'its BIOS finds no boot loader in it'],
  [/^grub( rescue)?> *$/m, () => 'its boot loader finds nothing to boot'],
  [/Kernel panic - not syncing: (.*)$/m, (words) => `its kernel gave up: ${words}`],
  [/^\(initramfs\)/m, () => 'its kernel finds no root file system'],
  [/^You are in (emergency|rescue) mode/m, (words) => `it came up in ${words} mode`],
];

/** The lines of a console as a person reads them. */
export const consoleLines = (text: string): readonly string[] =>
  text
    .replaceAll(control, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');

/** Why a machine will never answer, by what its console says; undefined while it may. */
export function stoppedBoot(text: string): string | undefined {
  const plain = consoleLines(text).join('\n');
  for (const [pattern, means] of ends) {
    const found = pattern.exec(plain);
    if (found) return means(found[1] ?? '');
  }
  return undefined;
}

/**
 * Whether people may log in, and cloud-init, which comes long before that and tells of itself, did not run.
 */
export const upWithoutCloudInit = (text: string): boolean =>
  /\blogin: *$/m.test(consoleLines(text).join('\n')) && !/cloud-init/i.test(text);
