import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import type { Agent } from '../../agent/agent.ts';
import type { RunningTask } from '../../agent/task.ts';
import { MarkedOutput } from './marked-output.ts';
import { type ProcessStart, type StartedProcess, startProcess } from './start-process.ts';
import { readWarmMessage, type WarmMessage } from './warm-message.ts';

/** Who is told what a warm process says, in its order. */
export interface WarmListener {
  said(message: WarmMessage): void;
  /** A part of its output; more is read when it has resolved. */
  output(chunk: Buffer): Promise<void>;
  /** What belongs to one file, or to the time before the first, ends here. */
  marked(): void;
}

/** Characters of one message at most: a test may fail with a long text. */
const longest = 64 * 1024 ** 2;

/**
 * A process that loads its framework once and runs the files that it is told of, in a row. It reads messages
 * from descriptor 8 and writes them to 9; what the tests say, to stdout or stderr, is its output.
 */
export class WarmProcess {
  readonly #started: StartedProcess;
  readonly #listener: WarmListener;
  readonly #mark = randomBytes(8).toString('hex');
  #stdin: Writable | undefined;
  /** What is to be said before it is there. */
  #waiting: string[] = [];
  #finished = false;

  constructor(agent: Agent, { argv, env, ...start }: ProcessStart, listener: WarmListener) {
    this.#listener = listener;
    const own = { ...start, argv: withPipes(argv), env: { ...env, SHAKEDOWN_WARM: this.#mark } };
    this.#started = startProcess(agent, own, (task) => this.#read(task));
  }

  /** Does not throw. */
  get ended(): StartedProcess['ended'] {
    return this.#started.ended;
  }

  /** `leave_out`: tests of these files that it is not to run. */
  run(files: readonly string[], leave_out?: readonly string[]): void {
    this.#say(`${JSON.stringify({ run: files, leave_out })}\n`);
  }

  /** No more files come: it is to end when it has run those that it has. */
  finish(): void {
    this.#finished = true;
    this.#stdin?.end();
  }

  stop: StartedProcess['stop'] = (why) => this.#started.stop(why);

  #say(line: string): void {
    if (this.#stdin) this.#stdin.write(line);
    else this.#waiting.push(line);
  }

  async #read({ stdin, stdout, stderr }: RunningTask): Promise<void> {
    this.#stdin = stdin;
    for (const line of this.#waiting.splice(0)) stdin.write(line);
    if (this.#finished) stdin.end();
    await Promise.all([this.#readMessages(stdout), this.#readOutput(stderr)]);
  }

  async #readMessages(source: Readable): Promise<void> {
    source.setEncoding('utf8');
    let rest = '';
    try {
      for await (const chunk of source) {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        if (!this.#hear(lines) || rest.length > longest) {
          this.stop({ kind: 'signal', signal: 'SIGKILL, for it wrote into our pipe,' });
          return;
        }
      }
    } catch {
      // A broken connection, which its end tells.
    }
  }

  /** Whether they are messages; what is none comes of a test that meddles. */
  #hear(lines: readonly string[]): boolean {
    try {
      for (const line of lines) this.#listener.said(readWarmMessage(line));
      return true;
    } catch {
      return false;
    }
  }

  async #readOutput(source: Readable): Promise<void> {
    const { output, marked } = this.#listener;
    const parts = new MarkedOutput(this.#mark, output.bind(this.#listener), marked.bind(this.#listener));
    try {
      for await (const chunk of source) await parts.add(chunk as Buffer);
    } catch {
      // Its end tells.
    }
    await parts.end();
  }
}

/** Two pipes of its own beside those of the tests, whose output is one: in the order in which they say it. */
const withPipes = (argv: readonly string[]): readonly string[] => [
  '/bin/sh',
  '-c',
  'exec 8<&0 9>&1 </dev/null >&2; exec "$@"',
  'sh',
  ...argv,
];
