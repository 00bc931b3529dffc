import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileDigest } from '../../common/files/file-digest.ts';
import type { AgentState } from '../agent-state.ts';
import { isInstalled, readDeb } from './dpkg.ts';
import { dpkgDirectory, type PackageStatus } from './status-file.ts';

/** A .deb file that must be installed. */
export interface WantedDeb {
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** sha256 of the file, in hex. */
  readonly digest: string;
  /** This version is there, with contents that are not known to be those of the file. */
  readonly reinstall: boolean;
}

/** By `name:architecture=version`: what was installed under it, and when dpkg had written that. */
type Installed = Readonly<
  Record<string, { readonly digest: string; readonly writtenMs: number } | undefined>
>;

const fileName = 'installed-debs.json';

/** What is known of .deb files that were installed; to find out what of others is there already. */
export class KnownDebs {
  readonly #state: AgentState;
  readonly #dpkg: string;

  constructor(state: AgentState, dpkg = dpkgDirectory) {
    this.#state = state;
    this.#dpkg = dpkg;
  }

  /**
   * Those of the files that must be installed: all but those that were the last to
   * be installed under their version.
   */
  async wanted(
    files: readonly string[],
    packages: readonly PackageStatus[],
    signal: AbortSignal,
  ): Promise<readonly WantedDeb[]> {
    const known = this.#state.read<Installed>(fileName, {});
    const all = await Promise.all(
      files.map(async (file) => {
        const deb = { ...(await readDeb(file, signal)), file, digest: await fileDigest(file) };
        const { name, version, architecture = '' } = deb;
        const there = isInstalled(`${name}=${version}`, packages);
        const last = known[idOf({ name, version, architecture })];
        // Whoever else installed one of this version since, dpkg has written anew.
        const same = last?.digest === deb.digest && last.writtenMs === this.#writtenMs(deb);
        return { ...deb, architecture, reinstall: there && !same, there };
      }),
    );
    return all.filter((deb) => !deb.there || deb.reinstall);
  }

  /** Remembers them once they are installed. */
  add(debs: readonly WantedDeb[]): void {
    const known = this.#state.read<Installed>(fileName, {});
    const added = debs.map((deb) => [idOf(deb), { digest: deb.digest, writtenMs: this.#writtenMs(deb) }]);
    this.#state.write(fileName, { ...known, ...Object.fromEntries(added) });
  }

  #writtenMs({ name, architecture = '' }: { readonly name: string; readonly architecture?: string }): number {
    const lists = [`${name}.list`, `${name}:${architecture}.list`];
    const found = lists.map(
      (list) => statSync(join(this.#dpkg, 'info', list), { throwIfNoEntry: false })?.mtimeMs,
    );
    return found.find((ms) => ms !== undefined) ?? 0;
  }
}

const idOf = ({
  name,
  architecture,
  version,
}: Pick<WantedDeb, 'name' | 'architecture' | 'version'>): string => `${name}:${architecture}=${version}`;
