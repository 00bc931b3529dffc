import { readSync } from 'node:fs';

/**
 * Puts the key that the first line of stdin says into `argv`, in place of the `-` of `--shared -`: on itself
 * the main host starts an agent before it knows for which share. Waits for that line, and reads nothing
 * behind it. Ends this process where stdin ends before.
 */
export function hearShare(argv: string[]): void {
  const at = argv.indexOf('--shared') + 1;
  if (at === 0 || argv[at] !== '-') return;
  const bytes: number[] = [];
  for (const byte = Buffer.alloc(1); ; bytes.push(byte[0] ?? 0)) {
    if (readSync(0, byte) === 0) process.exit(0);
    if (byte[0] === 0x0a) break;
  }
  argv[at] = Buffer.from(bytes).toString();
}
