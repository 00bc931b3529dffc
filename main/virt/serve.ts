import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { describeFailure, ShakedownError, UsageError } from '../../common/errors.ts';
import { encodeWord, okLine, parseLine, type VirtCommand } from './protocol.ts';
import type { Testbed } from './testbed.ts';

export interface Caller {
  readonly input: Readable;
  readonly output: Writable;
  /** A line for a person. */
  readonly tell: (line: string) => void;
  /** Ends what is under way: an interrupt, or `hangUp`. */
  readonly signal: AbortSignal;
  /** Called when the caller has gone without saying `quit`. */
  readonly hangUp: (reason: Error) => void;
}

/**
 * Speaks the protocol of autopkgtest's virtualisation servers (README.virtualisation-server) until `quit`:
 * one line, one answer. Throws whatever a command threw, the signal's reason, or ShakedownError when the
 * input ended; in each case the testbed is closed before.
 */
export async function serve(testbed: Testbed, caller: Caller): Promise<void> {
  const { input, output, signal } = caller;
  const lines = createInterface({ input });
  const waiting = queueOf(lines, caller);
  // The caller may close its end before it says quit; what is left to do does not depend on it.
  output.on('error', () => undefined);
  try {
    output.write(okLine());
    for (;;) {
      const line = await waiting.next();
      signal.throwIfAborted();
      if (line.trim() === '') continue;
      const command = parseLine(line);
      if (command.name === 'quit') break;
      output.write(await answer(testbed, command, caller));
    }
  } finally {
    lines.close();
    await testbed.close();
  }
  output.write(okLine());
}

/**
 * Lines as they are asked for. When the input ends, and none of the lines is
 * `quit`, all that is under way ends.
 */
function queueOf(lines: ReturnType<typeof createInterface>, { signal, hangUp }: Caller) {
  const queue: string[] = [];
  let wake = Promise.withResolvers<void>();
  let quitting = false;
  lines.on('line', (line) => {
    quitting ||= line.trim() === 'quit';
    queue.push(line);
    wake.resolve();
  });
  lines.once('close', () => {
    if (!quitting)
      hangUp(new ShakedownError({ message: 'the caller has gone without a word (end of input)' }));
  });
  signal.addEventListener('abort', () => wake.resolve(), { once: true });
  return {
    next: async (): Promise<string> => {
      for (;;) {
        signal.throwIfAborted();
        const line = queue.shift();
        if (line !== undefined) return line;
        await wake.promise;
        wake = Promise.withResolvers<void>();
      }
    },
  };
}

/** How many words a command takes, at least and at most. */
const commands = new Map<string, readonly [least: number, most: number]>([
  ['open', [0, 0]],
  ['revert', [0, 0]],
  ['reboot', [0, 1]],
  ['close', [0, 0]],
  ['print-execute-command', [0, 0]],
  ['copydown', [2, 2]],
  ['copyup', [2, 2]],
  ['shell', [1, Number.POSITIVE_INFINITY]],
  ['capabilities', [0, 0]],
  // Not in the manual: autopkgtest asks so when something has failed.
  ['auxverb_debug_fail', [0, 0]],
]);

/** Those that a closed testbed takes, too. */
const always = ['capabilities', 'auxverb_debug_fail'];

async function answer(testbed: Testbed, command: VirtCommand, caller: Caller): Promise<string> {
  const { name, args } = command;
  const [least, most] = commands.get(name) ?? unknown(name);
  if (args.length < least || args.length > most) {
    throw new UsageError(`'${name}' does not take ${args.length} words.`);
  }
  if (!always.includes(name) && testbed.isOpen === (name === 'open')) {
    throw new UsageError(
      `The command '${name}' came while the testbed was ${testbed.isOpen ? 'open' : 'closed'}.`,
    );
  }
  try {
    return okLine(await perform(testbed, command, caller.tell));
  } catch (error) {
    caller.signal.throwIfAborted();
    if (!name.startsWith('copy') || !(error instanceof ShakedownError)) throw error;
    // What could not be copied is the caller's affair; the testbed goes on.
    caller.tell(describeFailure(error.details));
    return 'copy-failed\n';
  }
}

function unknown(name: string): never {
  throw new UsageError(`There is no command '${name}'.`);
}

/** Gives the words of the answer. */
async function perform(
  testbed: Testbed,
  { name, args: [first = '', second = '', ...rest] }: VirtCommand,
  tell: Caller['tell'],
): Promise<readonly string[]> {
  switch (name) {
    case 'capabilities':
      return testbed.capabilities();
    case 'open':
      return [encodeWord(await testbed.open())];
    case 'revert':
      return [encodeWord(await testbed.revert())];
    case 'print-execute-command':
      return [(await testbed.executeCommand()).map(encodeWord).join(',')];
    case 'copydown':
      await testbed.copyDown(first, second);
      return [];
    case 'copyup':
      await testbed.copyUp(first, second);
      return [];
    case 'reboot':
      // The manual promises the folder here too; autopkgtest takes no word for an answer.
      await testbed.reboot(first === 'prepare-only');
      return [];
    case 'shell':
      await testbed.shell(first, second === '' ? [] : [second, ...rest]);
      return [];
    case 'close':
      await testbed.close();
      return [];
    default:
      for (const line of await testbed.trouble()) tell(line);
      return [];
  }
}
