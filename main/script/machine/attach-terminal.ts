import type { RemoteProcess } from '../../remotes/remote.ts';
import type { TerminalPair } from '../script-options.ts';

/** A terminal's size; the usual one where it has none (0 and 0, as on a serial line). */
export function sizeOf(terminal: TerminalPair | undefined): { rows: number; cols: number } {
  const { rows, columns } = terminal?.stdout ?? {};
  return { rows: rows || 24, cols: columns || 80 };
}

/** Ties our terminal to the script's: every key is the script's, Ctrl-C too. Gives what undoes it. */
export function attachTerminal(process: RemoteProcess, terminal: TerminalPair): () => void {
  const { stdin, stdout } = terminal;
  const onResize = () => {
    const { rows, cols } = sizeOf(terminal);
    process.resize(rows, cols);
  };
  stdin.setRawMode(true);
  stdin.pipe(process.stdin);
  stdout.on('resize', onResize);
  return () => {
    stdout.off('resize', onResize);
    stdin.unpipe(process.stdin);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
