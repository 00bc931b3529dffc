import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../../common/errors.ts';
import { openLines } from './line-socket.ts';

/** QEMU's machine protocol (qemu-qmp-ref(7)): commands with their answers, and events. */
export interface Monitor extends Disposable {
  /** What the command returns. Throws ShakedownError with QEMU's own words when it fails. */
  execute(command: string, args?: object): Promise<unknown>;
  /** Resolves when an event of that name comes; `execute` must wait until then. */
  event(name: string, until?: AbortSignal): Promise<void>;
  /** Runs a job (`snapshot-save` and the like) to its end. Throws ShakedownError with QEMU's own words. */
  job(command: string, args: object): Promise<void>;
  /** Resolves when QEMU has gone. */
  readonly closed: Promise<void>;
}

interface Message {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
}

/**
 * Opens the monitor of a machine; it serves one caller at a time. Throws
 * ShakedownError when the machine is off.
 */
export async function openMonitor(path: string, patience: number, signal: AbortSignal): Promise<Monitor> {
  const lines = await openLines(path, patience, signal);
  const next = <Found>(wanted: (message: Message) => Found | undefined, until = signal) =>
    lines.next((line) => wanted(JSON.parse(line)), until);
  const execute = async (command: string, args: object = {}): Promise<unknown> => {
    lines.send(JSON.stringify({ execute: command, arguments: args }));
    const answer = await next((message) => ('return' in message || message.error ? message : undefined));
    if (!answer.error) return answer.return;
    throw new ShakedownError({ message: `QEMU refused '${command}': ${answer.error.desc}` });
  };
  await next((message) => 'QMP' in message || undefined);
  await execute('qmp_capabilities');
  return {
    execute,
    event: async (name, until) => {
      await next((message) => message.event === name || undefined, until);
    },
    closed: lines.closed,
    job: (command, args) => runJob(execute, command, args, signal),
    [Symbol.dispose]: () => lines[Symbol.dispose](),
  };
}

interface Job {
  readonly id: string;
  readonly status: string;
  readonly error?: string;
}

async function runJob(
  execute: Monitor['execute'],
  command: string,
  args: object,
  signal: AbortSignal,
): Promise<void> {
  const id = `shakedown-${process.hrtime.bigint()}`;
  await execute(command, { 'job-id': id, ...args });
  for (;;) {
    const job = ((await execute('query-jobs')) as readonly Job[]).find((each) => each.id === id);
    if (job?.status === 'concluded') {
      await execute('job-dismiss', { id });
      if (job.error !== undefined) throw new ShakedownError({ message: `QEMU: ${command}: ${job.error}` });
      return;
    }
    await sleep(50, undefined, { signal });
  }
}
