import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { StrayFile } from '../../providers/capabilities.ts';

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
  static async load(cacheDir: string, set: readonly string[]): Promise<Sightings> {
    const file = join(cacheDir, 'layers', 'sightings.json');
    return new Sightings(file, set.join(' '), await read(file));
  }

  of({ path, owner = this.#set }: StrayFile): Is | undefined {
    return this.#known[owner]?.[path];
  }

  /** Adds to what others found out meanwhile; that a file once differed is never forgotten. */
  async add(seen: readonly { readonly stray: StrayFile; readonly is: Is }[]): Promise<void> {
    const known = await read(this.#file);
    for (const { stray, is } of seen) {
      const { path, owner = this.#set } = stray;
      const paths = known[owner] ?? {};
      known[owner] = { ...paths, [path]: paths[path] === 'differs' ? 'differs' : is };
    }
    this.#known = known;
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.${process.pid}`, JSON.stringify(known));
    await rename(`${this.#file}.${process.pid}`, this.#file);
  }
}

async function read(file: string): Promise<Known> {
  try {
    return sightings.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {};
  }
}
