import type { RemoteProcess } from '../remotes/remote.ts';
import type { TerminalPair } from './script-options.ts';

export function sizeOf(terminal: TerminalPair | undefined): { rows: number; cols: number } {
  const { rows = 24, columns = 80 } = terminal?.stdout ?? {};
  return { rows, cols: columns };
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
