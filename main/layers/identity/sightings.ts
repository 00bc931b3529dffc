import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { StrayFile } from '../../providers/capabilities.ts';
import { replaceFile } from '../../store/replace-file.ts';

type Is = 'same' | 'differs';

/** By package, and in it by path. */
const sightings = z.record(z.string(), z.record(z.string(), z.enum(['same', 'differs'])));

type Known = z.infer<typeof sightings>;

/**
 * What was found out about files that installations leave: whether they are the same on each machine. It is
 * remembered for the package that a file belongs to, else for what was installed together.
 */
export class Sightings {
  readonly #file: string;
  readonly #set: string;
  #known: Known;

  private constructor(file: string, set: string, known: Known) {
    this.#file = file;
    this.#set = set;
    this.#known = known;
  }

  /** `set`: the names of all that is installed together. */
  static load(cacheDir: string, set: readonly string[]): Sightings {
    const file = join(cacheDir, 'layers', 'sightings.json');
    return new Sightings(file, set.join(' '), read(file));
  }

  of({ path, owner = this.#set }: StrayFile): Is | undefined {
    return this.#known[owner]?.[path];
  }

  /** Adds to what others found out meanwhile; that a file once differed is never forgotten. */
  add(seen: readonly { readonly stray: StrayFile; readonly is: Is }[]): void {
    // Nothing of this process comes between: two runs in it may learn at the same time.
    const known = read(this.#file);
    for (const { stray, is } of seen) {
      const { path, owner = this.#set } = stray;
      const paths = known[owner] ?? {};
      known[owner] = { ...paths, [path]: paths[path] === 'differs' ? 'differs' : is };
    }
    this.#known = known;
    replaceFile(this.#file, JSON.stringify(known));
  }
}

function read(file: string): Known {
  try {
    return sightings.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
