import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { shellQuote } from '../../remotes/commands/shell-line.ts';

/** What ssh said. */
export interface SshAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Question {
  readonly args: readonly string[];
  readonly answer: PromiseWithResolvers<SshAnswer | undefined>;
}

/**
 * Shells at most, for a configuration may have commands that wait; and how much one of them asks at least.
 */
const shells = 8;
const atLeast = 6;

/** Bytes of output: ssh's settings of one host are some 4 KB. */
const maxBuffer = 64 * 1024 * 1024;

let waiting: Question[] = [];

/**
 * Runs ssh with these arguments, without a terminal or an input; undefined where there is none. What is
 * asked in one go goes to few shells: to start a process is work for us each time, and all of it comes
 * before the first of many machines is connected to.
 */
export function askSsh(args: readonly string[]): Promise<SshAnswer | undefined> {
  if (waiting.length === 0) setImmediate(askAll);
  const answer = Promise.withResolvers<SshAnswer | undefined>();
  waiting.push({ args, answer });
  return answer.promise;
}

function askAll(): void {
  const questions = waiting;
  waiting = [];
  const each = Math.max(atLeast, Math.ceil(questions.length / shells));
  for (let from = 0; from < questions.length; from += each) askByOneShell(questions.slice(from, from + each));
}

/** After each answer stand the mark, its exit code, and what it wrote to stderr. */
function askByOneShell(questions: readonly Question[]): void {
  const mark = randomUUID();
  const ask = ({ args }: Question) =>
    `err=$(ssh ${args.map(shellQuote).join(' ')} 2>&1 >&3); printf '%s %s %s%s' ${mark} $? "$err" ${mark}`;
  const script = ['command -v ssh >/dev/null || exit 127', 'exec 3>&1 </dev/null', ...questions.map(ask)];
  const tell = (output: string): void => {
    const parts = output.split(mark);
    for (const [index, { answer }] of questions.entries()) {
      const [stdout, said = ''] = [parts[2 * index], parts[2 * index + 1]];
      const [, code, stderr = ''] = /^ (\d+) (.*)$/s.exec(said) ?? [];
      const isTold = stdout !== undefined && code !== undefined;
      answer.resolve(isTold ? { exitCode: Number(code), stdout, stderr } : undefined);
    }
  };
  try {
    execFile('/bin/sh', ['-c', script.join('\n')], { maxBuffer }, (_error, output) => tell(output));
  } catch (error) {
    for (const { answer } of questions) answer.reject(error);
  }
}
