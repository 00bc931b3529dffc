import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { shellFile } from '../../main/providers/host/shell-file.ts';
import { subnetCandidates } from '../../main/providers/host/subnets.ts';
import { home } from './bare-root.ts';

/**
 * Runs a command on the machine whose root is `root`; gives its exit code. `onLine` gets what it prints, line
 * by line; without it the command has our terminal.
 */
export async function enter(
  root: string,
  command: readonly string[],
  onLine?: (line: string) => void,
): Promise<number> {
  const id = randomBytes(3).toString('hex');
  const name = `sdfirst${id}`;
  const [subnet] = await subnetCandidates(id, []);
  const script = shellFile(import.meta.dirname, 'enter.sh', { root, home, name, subnet }, command);
  // A shell between us, for `unshare` has the network that it leaves.
  const inside = ['unshare', '--mount', '--net', 'bash', '--norc', '-euc', script];
  const child = spawn('bash', ['--norc', '-c', '"$@"; exit $?', 'bash', ...inside], {
    stdio: onLine ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
  try {
    if (onLine)
      for (const stream of [child.stdout, child.stderr])
        if (stream) createInterface(stream).on('line', onLine);
    return await ended;
  } finally {
    // The kernel lets go of a network some time after its last process.
    spawnSync('ip', ['link', 'delete', name], { stdio: 'ignore' });
    spawnSync('nft', ['delete', 'table', 'ip', name], { stdio: 'ignore' });
  }
}
