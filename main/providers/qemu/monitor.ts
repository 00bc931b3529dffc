import { ShakedownError } from '../../../common/errors.ts';
import { openLines } from './line-socket.ts';

/** QEMU's machine protocol (qemu-qmp-ref(7)): commands with their answers, and events. */
export interface Monitor extends Disposable {
  /** What the command returns. Throws ShakedownError with QEMU's own words when it fails. */
  execute(command: string, args?: object): Promise<unknown>;
  /** Resolves when an event of that name comes. */
  event(name: string): Promise<void>;
}

interface Message {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
}

/** Opens the monitor of a machine; it serves one caller at a time. Throws ShakedownError when the machine is off. */
export async function openMonitor(path: string, patience: number, signal: AbortSignal): Promise<Monitor> {
  const lines = await openLines(path, patience, signal);
  const next = <Found>(wanted: (message: Message) => Found | undefined) =>
    lines.next((line) => wanted(JSON.parse(line)), signal);
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
    event: (name) => next((message) => (message.event === name ? true : undefined)).then(() => undefined),
    [Symbol.dispose]: () => lines[Symbol.dispose](),
  };
}
