import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../../common/errors.ts';
import type { RunContext } from '../../../context/run-context.ts';
import { explainStart } from '../explain-start.ts';
import { cloneScript } from '../guest/clone-script.ts';
import { runInGuest } from '../guest/guest-port.ts';
import { machineNames } from '../names.ts';
import { openMonitor } from '../power/monitor.ts';
import type { MachinePlan } from './machine-plan.ts';

/** A machine that did not wake up with the memory of its template; QEMU's last lines say why. */
export class CloneError extends ShakedownError {
  /** The folder of the template. */
  readonly template: string;

  constructor(template: string, lastLines: readonly string[], options: ErrorOptions) {
    super({ message: 'a clone of the saved virtual machine did not start', lastLines }, options);
    this.name = 'CloneError';
    this.template = template;
  }
}

/**
 * Waits for machines that were started, and makes machines of their own of those that woke up with the memory
 * of a template; resolves when their ssh may be tried. Throws CloneError when a clone did not wake up,
 * ShakedownError when another machine did not start: QEMU listens before it looks at all that it was told.
 */
export async function wakeMachines(
  cluster: string,
  machines: readonly MachinePlan[],
  ctx: Pick<RunContext, 'signal' | 'clock'>,
): Promise<void> {
  await Promise.all(
    machines.map(async ({ id, memoryFile }) => {
      const { monitor, log } = machineNames(cluster, id);
      try {
        await running(monitor, ctx.signal);
      } catch (error) {
        ctx.signal.throwIfAborted();
        const words = await readFile(log, 'utf8').catch(() => '');
        const lastLines = words.trim().split('\n').slice(-8);
        if (memoryFile !== undefined) throw new CloneError(dirname(memoryFile), lastLines, { cause: error });
        const message = 'the virtual machine did not start';
        throw new ShakedownError({ message, node: id, phase: 'machines', ...explainStart(words), lastLines });
      }
      if (memoryFile !== undefined) await wake(cluster, id, ctx);
    }),
  );
}

async function wake(cluster: string, id: number, ctx: Pick<RunContext, 'signal' | 'clock'>): Promise<void> {
  const { directory, port } = machineNames(cluster, id);
  const read = (name: string) => readFile(`${directory}/${name}`, 'utf8');
  const [net, identity, shares] = await Promise.all([read('net'), read('identity'), read('shares')]);
  const news = { seed: randomBytes(32).toString('hex'), bootId: randomUUID() };
  const script = () => `${net}\n${cloneScript({ ...news, now: ctx.clock() }, identity)}\n${shares}`;
  await runInGuest(port, script, ctx.signal);
}

/** Resolves when the machine has its memory. */
async function running(path: string, signal: AbortSignal): Promise<void> {
  using monitor = await openMonitor(path, 5000, signal);
  for (;;) {
    const status = (await monitor.execute('query-status')) as { readonly status: string };
    if (status.status === 'running') return;
    await sleep(20, undefined, { signal });
  }
}

/** The port of 127.0.0.1 that QEMU's own network forwards to ssh in the cluster's one machine. */
export async function forwardedPort(cluster: string, signal: AbortSignal): Promise<number> {
  using monitor = await openMonitor(machineNames(cluster, 0).monitor, 5000, signal);
  const told = await monitor.execute('human-monitor-command', { 'command-line': 'info usernet' });
  const [, port] = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+22\b/.exec(String(told)) ?? [];
  return Number(port);
}
