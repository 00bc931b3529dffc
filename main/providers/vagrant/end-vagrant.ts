import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What of vagrant's processes to look for: `making` those that make machines,
 * `left` all but those that destroy them.
 */
type Which = 'making' | 'left';

/**
 * Marks in vagrant's environment, so that one who destroys a cluster does not end another who does so too.
 */
export const marks = { making: { SHAKEDOWN_VAGRANT: 'make' }, destroying: { SHAKEDOWN_VAGRANT: 'destroy' } };

/** ms: vagrant ends what it is at, which may be unpacking a box, before it heeds an interrupt. */
const patience = 20_000;

/**
 * Ends what still works on a cluster's machines, known by VAGRANT_DOTFILE_PATH in its
 * environment: first by SIGINT, after 20 s by SIGKILL; with `left`, which is for what a machine
 * leaves behind (redir), by SIGKILL at once.
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
      if (!variables.includes(`VAGRANT_DOTFILE_PATH=${dotfile}`)) return [];
      const mark = (name: keyof typeof marks) =>
        variables.includes(`SHAKEDOWN_VAGRANT=${marks[name].SHAKEDOWN_VAGRANT}`);
      return (which === 'making' ? mark('making') : !mark('destroying')) ? [Number(pid)] : [];
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
