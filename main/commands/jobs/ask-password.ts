import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from '../../../common/errors.ts';
import type { CommandEnvironment } from '../command.ts';

/** A line of stdin: on a terminal asked for, twice, and not shown. Throws UsageError without one. */
export async function askPassword(
  question: string,
  { stdin, stderr, signal }: Pick<CommandEnvironment, 'stdin' | 'stderr' | 'signal'>,
): Promise<string> {
  const isTerminal = stdin.isTTY === true;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: isTerminal });
  try {
    if (!isTerminal) {
      const { value } = await lines[Symbol.asyncIterator]().next();
      if (typeof value === 'string' && value !== '') return value;
      throw new UsageError('A password is needed.', { hint: 'on a terminal it is asked for; else on stdin' });
    }
    const ask = async (words: string): Promise<string> => {
      stderr.write(words);
      const answer = await lines.question('', { signal });
      stderr.write('\n');
      return answer;
    };
    const password = await ask(question);
    if (password === (await ask('Once more: '))) return password;
    throw new UsageError('These are two passwords.', { hint: 'try again' });
  } finally {
    lines.close();
  }
}
