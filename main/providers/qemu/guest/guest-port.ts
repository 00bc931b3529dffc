import { ShakedownError } from '../../../../common/errors.ts';
import { openLines } from '../power/line-socket.ts';

/**
 * Runs a script for `guestShell` as root in a machine of ours, by the second serial port (`portProgram`):
 * that needs no network and no key. A script that knows the time is a function, called when the machine
 * listens. Gives what it printed. Waits until somebody in the machine listens, as long as `signal` lets it;
 * throws ShakedownError when the script fails.
 */
export async function runInGuest(
  port: string,
  script: string | (() => string),
  signal: AbortSignal,
): Promise<string> {
  using lines = await openLines(port, 10_000, signal);
  // What an earlier caller asked, and never read, has other numbers.
  const number = String(process.hrtime.bigint());
  const hello = setInterval(() => lines.send(`${number}0`), 200);
  try {
    await lines.next((line) => line === `${number}0 0` || undefined, signal);
  } finally {
    clearInterval(hello);
  }
  lines.send(`${number} ${Buffer.from(typeof script === 'string' ? script : script()).toString('base64')}`);
  const [code, output] = await lines.next((line) => {
    const [first, exit, text = ''] = line.split(' ');
    return first === number && exit !== undefined ? ([Number(exit), text] as const) : undefined;
  }, signal);
  const printed = Buffer.from(output, 'base64').toString().trimEnd();
  if (code === 0) return printed;
  throw new ShakedownError({
    message: 'the virtual machine could not do what it was told on its serial port',
    exitCode: code,
    lastLines: printed.split('\n').slice(-8),
  });
}
