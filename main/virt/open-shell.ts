import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { shellQuote } from '../remotes/commands/shell-line.ts';
import { sshName } from './ssh-config.ts';

/** A shell on the person's terminal, until it ends; our own stdin and stdout are the protocol's. */
export async function openShell(
  sshConfig: string,
  where: { readonly directory: string; readonly environment: readonly string[]; readonly sudo: boolean },
  tell: (line: string) => void,
): Promise<void> {
  const terminal = openTerminal();
  if (terminal === undefined) return tell('there is no terminal for a shell');
  try {
    const { directory, environment, sudo } = where;
    const exports = environment.map((each) => `export ${shellQuote(each)}; `).join('');
    const script = `cd ${shellQuote(directory)}; ${exports}exec bash -i`;
    const line = `exec ${sudo ? 'sudo -n ' : ''}sh -c ${shellQuote(script)}`;
    const shell = spawn('ssh', ['-F', sshConfig, '-t', sshName, line], {
      stdio: [terminal, terminal, terminal],
    });
    await once(shell, 'exit');
  } finally {
    closeSync(terminal);
  }
}

function openTerminal(): number | undefined {
  try {
    return openSync('/dev/tty', 'r+');
  } catch {
    return undefined;
  }
}
