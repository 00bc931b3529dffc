import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { ShakedownError } from '../../common/errors.ts';

/** Descriptors of the two ends of a pipe. */
export interface Pipe {
  /** Ours; it never blocks. */
  readonly near: number;
  /** For a process; it is to be closed here once the process has it. */
  readonly far: number;
}

/** Made at once, for it takes a process. */
const batch = 16;

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

/**
 * Makes pipes, tells their descriptors, and keeps them until its input ends. Perl is in an essential package.
 */
const maker = `
my @kept;
for (1..${batch}) { pipe(my $r, my $w) or die $!; push @kept, $r, $w; print fileno($r), " ", fileno($w), "\\n"; }
close(STDOUT);
<STDIN>;`;

/**
 * Pipes for the processes that the agent starts. Node itself gives a child sockets, which cannot be opened
 * again by their name: a `tee /dev/stderr` would fail (unix(7)). It cannot make pipes either, so another
 * process does, from whom they are opened (proc(5)). Any user may open them again, for a task need not be
 * root's.
 */
export class Pipes {
  readonly #free: { readonly read: number; readonly write: number }[] = [];
  #making: Promise<void> | undefined;

  /** A pipe that a process writes. */
  async toRead(): Promise<Pipe> {
    const { read, write } = await this.#take();
    const near = openSync(`/proc/self/fd/${read}`, O_RDONLY | O_NONBLOCK);
    closeSync(read);
    return { near, far: write };
  }

  /** A pipe that a process reads. */
  async toWrite(): Promise<Pipe> {
    const { read, write } = await this.#take();
    const near = openSync(`/proc/self/fd/${write}`, O_WRONLY | O_NONBLOCK);
    closeSync(write);
    return { near, far: read };
  }

  async #take(): Promise<{ readonly read: number; readonly write: number }> {
    for (;;) {
      const free = this.#free.pop();
      if (free !== undefined) return free;
      this.#making ??= this.#make().finally(() => {
        this.#making = undefined;
      });
      await this.#making;
    }
  }

  async #make(): Promise<void> {
    const child = spawn('perl', ['-e', maker], { stdio: ['pipe', 'pipe', 'ignore'] });
    const exited = once(child, 'exit');
    exited.catch(() => undefined);
    const lines = (await said(child)).trim().split('\n');
    for (const line of lines) {
      const [read = '', write = ''] = line.split(' ');
      const ends = {
        read: openSync(`/proc/${child.pid}/fd/${read}`, O_RDONLY),
        write: openSync(`/proc/${child.pid}/fd/${write}`, O_WRONLY),
      };
      fchmodSync(ends.read, 0o666);
      this.#free.push(ends);
    }
    child.stdin?.end();
    await exited;
  }
}

async function said(child: ChildProcess): Promise<string> {
  const failed = once(child, 'error').then(([error]) => {
    throw new ShakedownError({
      message: `no command can be run on the node, for there is no perl: ${(error as Error).message}`,
      hint: 'on the node: apt-get install perl-base',
    });
  });
  return child.stdout ? Promise.race([text(child.stdout), failed]) : failed;
}
