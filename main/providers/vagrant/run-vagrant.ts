import { constants } from 'node:os';
import { execa } from 'execa';
import { parseLine, type VagrantLine } from './machine-readable.ts';
import { placeToStand } from './place-to-stand.ts';
import { vagrantError, vagrantMissing } from './vagrant-error.ts';
import { environment, type VagrantProject } from './vagrant-project.ts';

export interface RunVagrantOptions {
  readonly signal?: AbortSignal;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onLine?: (line: VagrantLine) => void;
}

/** ms: vagrant ends what it is at, which may be unpacking a box, before it heeds an interrupt. */
const patience = 20_000;

/**
 * Runs `vagrant` with `--machine-readable` and gives its lines. Interrupted, as by Ctrl-C, when
 * `signal` is aborted or we are dead, and killed if it does not heed that. Throws UsageError for a
 * wrong Vagrantfile, else ShakedownError.
 */
export async function runVagrant(
  args: readonly string[],
  project: VagrantProject,
  options: RunVagrantOptions = {},
): Promise<readonly VagrantLine[]> {
  const { exitCode, lines, stderr } = await run([...args, '--machine-readable'], project, options);
  if (exitCode === 0) return lines;
  throw vagrantError({ command: ['vagrant', ...args].join(' '), exitCode, lines, stderr });
}

/** What `vagrant ssh-config` prints. */
export async function vagrantSshConfig(
  machines: readonly string[],
  project: VagrantProject,
  options: { readonly signal?: AbortSignal },
): Promise<string> {
  const args = ['ssh-config', ...machines];
  const { exitCode, stderr, stdout } = await run(args, project, options);
  if (exitCode === 0) return stdout;
  throw vagrantError({ command: ['vagrant', ...args].join(' '), exitCode, lines: [], stderr });
}

async function run(args: readonly string[], project: VagrantProject, options: RunVagrantOptions) {
  const { signal, onLine, env } = options;
  signal?.throwIfAborted();
  const [command = 'vagrant', ...rest] = [...untilWeDie, 'vagrant', ...args];
  const cwd = await placeToStand(project);
  const running = execa(command, rest, {
    cwd,
    env: { ...environment(project), ...env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    // A Ctrl-C at the terminal is for us alone: two of them would make vagrant drop everything.
    detached: true,
    buffer: { stdout: true, stderr: true },
  });
  const lines: VagrantLine[] = [];
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    running.kill('SIGINT');
    killer = setTimeout(() => killSession(running.pid), patience);
  };
  signal?.addEventListener('abort', stop, { once: true });
  const reading = (async () => {
    for await (const text of running.iterable({ from: 'stdout' })) {
      const line = parseLine(text);
      if (!line) continue;
      lines.push(line);
      onLine?.(line);
    }
  })();
  const result = await running;
  await reading.catch(() => undefined);
  signal?.removeEventListener('abort', stop);
  clearTimeout(killer);
  signal?.throwIfAborted();
  if (result.code === 'ENOENT' || result.exitCode === 127) throw vagrantMissing();
  return { exitCode: result.exitCode, lines, stdout: result.stdout, stderr: result.stderr };
}

/**
 * When we are killed, the kernel interrupts vagrant (prctl(2), PR_SET_PDEATHSIG);
 * other systems have no such thing.
 */
const untilWeDie = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'INT', '--'] : [];

function killSession(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, constants.signals.SIGKILL);
  } catch {
    // It is gone by itself.
  }
}
