import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What of vagrant's processes to look for, by their environment: `making` those that make machines, `any` all. */
type Which = 'making' | 'any';

/** The environment's mark of `vagrant up`: who destroys a cluster ends that, and not another who destroys it. */
export const makingMark = { SHAKEDOWN_VAGRANT: 'up' };

/** ms: vagrant ends what it is at, which may be unpacking a box, before it heeds an interrupt. */
const patience = 20_000;

/**
 * Ends what still works on a cluster's machines, known by VAGRANT_DOTFILE_PATH in its environment: first by SIGINT,
 * after 20 s by SIGKILL; with `any`, which is for what a machine left behind (redir), by SIGKILL at once.
 */
export async function endVagrant(dotfile: string, which: Which): Promise<void> {
  const deadline = Date.now() + (which === 'making' ? patience : 0);
  const told = new Set<number>();
  for (let round = 0; round < 600; round++) {
    const pids = await processesOf(dotfile, which);
    if (pids.length === 0) return;
    const late = Date.now() >= deadline;
    for (const pid of pids) {
      if (late || !told.has(pid)) kill(pid, late ? 'SIGKILL' : 'SIGINT');
      told.add(pid);
    }
    await sleep(50);
  }
}

/** Processes of ours, of the kind that is wanted; none where there is no /proc. */
async function processesOf(dotfile: string, which: Which): Promise<readonly number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const variables = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
      const ours = variables.includes(`VAGRANT_DOTFILE_PATH=${dotfile}`);
      return ours &&
        (which === 'any' || variables.includes(`SHAKEDOWN_VAGRANT=${makingMark.SHAKEDOWN_VAGRANT}`))
        ? [Number(pid)]
        : [];
    }),
  );
  return found.flat();
}

function kill(pid: number, signal: 'SIGINT' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
