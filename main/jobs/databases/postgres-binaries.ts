import { existsSync, globSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { ShakedownError } from '../../../common/errors.ts';

/** Who runs PostgreSQL, which refuses root: nobody in particular, where we are not root. */
export interface DatabaseAccount {
  readonly uid: number;
  readonly gid: number;
}

/** Where Debian has PostgreSQL's versions, and what says whether it makes a cluster of a new one. */
export const debianPlaces = {
  versions: '/usr/lib/postgresql',
  settings: '/etc/postgresql-common/createcluster.d',
};

/** The folder of the newest binaries that Debian's packages brought, or undefined. */
export function postgresBinaries(versions = debianPlaces.versions): string | undefined {
  const found = globSync(`${versions}/*/bin/postgres`).filter((file) => existsSync(file));
  const version = (file: string) => Number(/(\d+)\/bin\/postgres$/.exec(file)?.[1]);
  return found
    .sort((a, b) => version(b) - version(a))
    .map(dirname)
    .at(0);
}

/** The account that PostgreSQL runs as: that of the package for root, our own else. */
export async function databaseAccount(): Promise<DatabaseAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const ids = await Promise.all(['-u', '-g'].map((which) => execa('id', [which, 'postgres'])));
  const [uid, gid] = ids.map(({ stdout }) => Number(stdout));
  if (!uid || !gid) throw new ShakedownError({ message: "there is no account 'postgres' on this machine" });
  return { uid, gid };
}
