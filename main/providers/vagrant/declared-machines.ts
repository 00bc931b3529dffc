import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { VagrantMachine } from './cluster-folder.ts';
import { linesOfType, parseLine } from './machine-readable.ts';
import { vagrantError, vagrantMissing } from './vagrant-error.ts';
import { vagrantOptionsSchema } from './vagrant-options.ts';
import { environment } from './vagrant-project.ts';

/** The file that is meant by `vagrantfile`, absolute. Throws UsageError where there is none. */
export function vagrantfileAt(written: string): string {
  const path = resolve(written);
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'Vagrantfile') : path;
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
  throw new UsageError(`There is no Vagrantfile at ${file}.`, {
    hint: 'name the Vagrantfile, or its folder, relative to the folder of the scenario',
  });
}

/** ms. Reading a Vagrantfile takes about one second. */
const limit = 60_000;
const known = new Map<string, readonly VagrantMachine[]>();

const keyOf = (file: string, provider?: string): string =>
  JSON.stringify([file, statSync(file).mtimeMs, provider]);

/** The machines of a Vagrantfile, where this process has asked for them already; none where it has not. */
export const toldBefore = (file: string, provider?: string): readonly VagrantMachine[] =>
  known.get(keyOf(file, provider)) ?? [];

/**
 * The machines that a Vagrantfile defines, in its order, as `vagrant status` tells them; a config's
 * machines have to be known before anything asynchronous can be done. Asked once per process, leaving no
 * `.vagrant` beside the file. Throws UsageError with vagrant's words for a file that is wrong,
 * ShakedownError where vagrant cannot be run.
 */
function definedMachines(file: string, provider?: string): readonly VagrantMachine[] {
  const before = toldBefore(file, provider);
  if (before.length > 0) return before;
  const scratch = mkdtempSync(join(tmpdir(), 'shakedown-vagrant-'));
  try {
    const project = { cwd: dirname(file), vagrantfile: basename(file), dotfile: join(scratch, 'dot') };
    const home = process.env.VAGRANT_HOME ?? '';
    const { VAGRANT_HOME: _, ...env } = environment({ ...project, home });
    const { error, status, stdout, stderr } = spawnSync('vagrant', ['status', '--machine-readable'], {
      encoding: 'utf8',
      timeout: limit,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...env,
        ...(home === '' ? {} : { VAGRANT_HOME: home }),
        ...present({ VAGRANT_DEFAULT_PROVIDER: provider }),
      },
    });
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') throw vagrantMissing();
    const lines = stdout.split('\n').flatMap((line) => parseLine(line) ?? []);
    if (status !== 0) {
      throw vagrantError({
        command: `VAGRANT_CWD=${project.cwd} vagrant status`,
        exitCode: status ?? undefined,
        lines,
        stderr,
      });
    }
    const machines = linesOfType(lines, 'provider-name').map(({ target, data }) => ({
      name: target,
      provider: data[0] ?? '',
    }));
    known.set(keyOf(file, provider), machines);
    return machines;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The machines that `vagrant({…})` asks for, as a config must know them. Throws like `definedMachines`. */
export function wantedMachines(
  options: unknown,
): readonly { name?: string | undefined; role?: string | undefined }[] {
  const { vagrantfile, machines, nodes, count, provider } = vagrantOptionsSchema.parse(options);
  if (vagrantfile === undefined) return nodes ?? Array.from({ length: count ?? 0 }, () => ({}));
  const named =
    machines?.map((machine) => (typeof machine === 'string' ? { name: machine } : machine)) ??
    definedMachines(vagrantfileAt(vagrantfile), provider).map(({ name }) => ({ name }));
  if (count === undefined || count <= named.length) return named.slice(0, count);
  throw new UsageError(`${count} machines are wanted, and the Vagrantfile has ${named.length}.`, {
    hint: 'leave --count out to have all of them',
  });
}

/** The Vagrantfile that such options name, absolute. Throws UsageError where there is none. */
export const filesOfVagrant = (options: unknown): readonly string[] => {
  const { vagrantfile } = (options ?? {}) as { readonly vagrantfile?: string };
  return vagrantfile === undefined ? [] : [vagrantfileAt(vagrantfile)];
};
