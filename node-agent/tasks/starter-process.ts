import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants as system } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { ShakedownError } from '../../common/errors.ts';
import type { ControlGroup } from '../../common/processes/control-group.ts';
import { markVariable } from '../proc/marked-processes.ts';
import { signalGroup } from '../process.ts';
import { starterProgram } from './starter-program.ts';

/** A process that is to be started, in a session of its own. */
export interface ToStart {
  readonly argv: readonly string[];
  /** A folder, absolute. */
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** In which it and all that it starts are. */
  readonly group: ControlGroup | undefined;
  /** Without it the process reads nothing. */
  readonly input: boolean;
}

/** How a process ended: the other one is null. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A process, and descriptors of our ends of its pipes; they never block. */
export interface StartedProcess {
  readonly pid: number;
  /** -1 where it reads nothing. */
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  /** Rejects when nobody can tell any more. */
  readonly ended: Promise<ProcessEnd>;
}

type Ended = PromiseWithResolvers<ProcessEnd>;

/**
 * A process of perl's that starts others, until it ends: with the agent, or when it is retired. What it is
 * told is a length of four bytes and words with a NUL between them; it answers with lines.
 */
export class StarterProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #starting: PromiseWithResolvers<StartedProcess>[] = [];
  readonly #running = new Map<string, Ended>();
  #said = '';
  #over: ShakedownError | undefined;

  constructor() {
    const program = starterProgram();
    if (program === undefined) throw new ShakedownError(ofOtherProcessor);
    // Unmarked, or a clean-up would end it: it ends by itself.
    const { [markVariable]: _, ...env } = process.env;
    this.#child = spawn('perl', ['-e', program], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
      cwd: '/',
      // Functions that it looks for before it starts anything are not looked for in each new process.
      env: { ...env, LD_BIND_NOW: '1' },
    });
    this.#child.on('error', (error) => this.#end(noPerl(error)));
    this.#child.on('exit', () => this.#end(gone()));
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.on('data', (chunk: Buffer) => this.#hear(chunk.toString()));
    // An agent that has nothing else to do ends.
    this.#child.unref();
    for (const pipe of [this.#child.stdin, this.#child.stdout]) (pipe as Socket).unref();
  }

  get alive(): boolean {
    return this.#over === undefined;
  }

  /** Rejects with ShakedownError when it cannot. */
  start({ argv, cwd, env, group, input }: ToStart): Promise<StartedProcess> {
    const starting = Promise.withResolvers<StartedProcess>();
    if (this.#over) starting.reject(this.#over);
    else this.#starting.push(starting);
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const how = [group?.directory ?? '', cwd, input ? '1' : '', String(argv.length)];
    this.#tell('start', ...how, ...argv, ...variables);
    return starting.promise;
  }

  /** It ends once all that it has started has. */
  retire(): void {
    this.#child.stdin.end();
  }

  #tell(...words: readonly string[]): void {
    const body = Buffer.from(`0000${words.join('\0')}`);
    body.writeUInt32BE(body.length - 4);
    this.#child.stdin.write(body);
  }

  #hear(text: string): void {
    const lines = (this.#said + text).split('\n');
    this.#said = lines.pop() ?? '';
    for (const line of lines) {
      const [what, ...words] = line.split(' ');
      if (what === 'ended') this.#ended(words);
      else if (what === 'started') this.#started(words);
      else this.#starting.shift()?.reject(refused(words.join(' ')));
    }
  }

  #started([pid = '', ...descriptors]: readonly string[]): void {
    const ended: Ended = Promise.withResolvers();
    ended.promise.catch(() => undefined);
    this.#running.set(pid, ended);
    const starting = this.#starting.shift();
    try {
      const [stdin = -1, stdout = -1, stderr = -1] = descriptors.map((descriptor, index) =>
        descriptor === '-1' ? undefined : this.#open(descriptor, index === 0),
      );
      starting?.resolve({ pid: Number(pid), stdin, stdout, stderr, ended: ended.promise });
    } catch (error) {
      signalGroup(Number(pid), 'SIGKILL');
      starting?.reject(error);
    }
    this.#tell('opened', pid);
  }

  /** Our end of a pipe whose other end the process has. */
  #open(descriptor: string, toWrite: boolean): number {
    const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
    const how = (toWrite ? O_WRONLY : O_RDONLY) | O_NONBLOCK;
    return openSync(`/proc/${this.#child.pid}/fd/${descriptor}`, how);
  }

  #ended([pid = '', status]: readonly string[]): void {
    const by = Number(status) & 0x7f;
    const end =
      by === 0 ? { exitCode: Number(status) >> 8, signal: null } : { exitCode: null, signal: signalName(by) };
    this.#running.get(pid)?.resolve(end);
    this.#running.delete(pid);
  }

  #end(why: ShakedownError): void {
    this.#over ??= why;
    for (const each of [...this.#starting.splice(0), ...this.#running.values()]) each.reject(this.#over);
    this.#running.clear();
  }
}

function signalName(number: number): string {
  const names = Object.entries(system.signals);
  return names.find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}

const noPerl = (error: Error): ShakedownError =>
  new ShakedownError({
    message: `no command can be run on the node, for there is no perl: ${error.message}`,
    hint: 'on the node: apt-get install perl-base',
  });

const ofOtherProcessor = {
  message: `no command can be run on the node: what starts it does not know processors of the kind '${process.arch}'`,
  hint: 'use nodes with x86-64 or arm64 processors',
};

const gone = (): ShakedownError =>
  new ShakedownError({
    message: 'the process that starts commands on the node has ended',
    hint: 'look in the journal of the node for who killed it',
  });

const refused = (why: string): ShakedownError =>
  new ShakedownError({ message: `the node cannot start a process: ${why}` });
