import type { CommandEnvironment } from '../command.ts';

/** ms between two looks of a person. */
const every = 250;

/**
 * Tells on a terminal's last line how far something has come that tells its bytes; that line is cleared
 * when it has ended. `total`: bytes of all of it, where that is known. Says nothing where stderr is no
 * terminal.
 */
export async function withProgress<T>(
  { stderr }: Pick<CommandEnvironment, 'stderr'>,
  total: number | undefined,
  action: (onProgress: (bytes: number) => void) => Promise<T>,
): Promise<T> {
  let told = performance.now();
  let shown = false;
  try {
    return await action((bytes) => {
      if (!stderr.isTTY || performance.now() - told < every) return;
      told = performance.now();
      shown = true;
      stderr.write(`\r\u001b[K${progressInWords(bytes, total)}`);
    });
  } finally {
    if (shown) stderr.write('\r\u001b[K');
  }
}

/** `41 % of 1200 MiB`, `492 MiB`. A stream has some bytes more than what it carries. */
export function progressInWords(bytes: number, total?: number): string {
  if (!total) return `${mebibytes(bytes)} MiB`;
  return `${Math.min(100, Math.floor((bytes / total) * 100))} % of ${mebibytes(total)} MiB`;
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2);
