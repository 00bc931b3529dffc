import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { installHostPackages } from '../../run/world/host-packages.ts';
import { debianPlaces, postgresBinaries } from './postgres-binaries.ts';

/** What brings the binaries. */
export const postgresPackage = 'postgresql';

/** Whether a server started by this user could install PostgreSQL: root may, where there is apt. */
export const postgresCanBeInstalled = (): boolean =>
  process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

export interface InstallWishes {
  readonly tell: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** What else one may do when it fails, for people: `start it with …`. */
  readonly otherwise?: string | undefined;
  readonly places?: typeof debianPlaces | undefined;
}

/**
 * Installs Debian's PostgreSQL by apt and gives the folder of its binaries. Debian makes no cluster of its
 * own for it, then and at later upgrades (createcluster.conf). Throws ShakedownError with apt's last lines.
 */
export async function installPostgres(wishes: InstallWishes): Promise<string> {
  const { tell, signal = new AbortController().signal, otherwise, places = debianPlaces } = wishes;
  tell(`PostgreSQL is not on this machine: installs it by apt, which may take minutes`);
  const began = performance.now();
  try {
    mkdirSync(places.settings, { recursive: true });
    writeFileSync(join(places.settings, 'shakedown.conf'), 'create_main_cluster = false\n');
    const emit = (event: { readonly type: string }) => {
      if ('message' in event) tell(String(event.message));
    };
    await installHostPackages([postgresPackage], { signal, emit, log: () => undefined });
  } catch (error) {
    signal.throwIfAborted();
    const { details } = asShakedownError(error);
    const ways = [`look at what apt says, then start the server again`, otherwise].filter(Boolean);
    const message = `PostgreSQL, for the server's database, could not be installed: ${details.message}`;
    throw new ShakedownError({ ...details, message, hint: ways.join('; or ') }, { cause: error });
  }
  const binaries = postgresBinaries(places.versions);
  if (binaries === undefined) {
    const message = `apt has installed ${postgresPackage}, and there is no PostgreSQL in ${places.versions}`;
    throw new ShakedownError({ message, hint: `apt-get install --reinstall ${postgresPackage}` });
  }
  tell(`PostgreSQL is installed, after ${Math.round((performance.now() - began) / 1000)} s`);
  return binaries;
}
