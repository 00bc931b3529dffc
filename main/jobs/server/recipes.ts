import { chmod, copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { UsageError } from '../../../common/errors.ts';
import { packed } from '../packages/package-folder.ts';
import type { RecipeView, Task } from '../recipe-protocol.ts';
import { readRecipe } from '../recipes/read-recipe.ts';
import { now } from '../store/now.ts';
import { Problem, refusing } from './problem.ts';
import type { Service } from './service.ts';

type Needed = Pick<Service, 'store' | 'files' | 'limits'>;

/** Recipes by their names: packages of tasks, none of which is run here. */
export class Recipes {
  readonly #service: Needed;

  constructor(service: Needed) {
    this.#service = service;
  }

  /**
   * Keeps a recipe under a name, instead of one that had it; builds that were submitted before keep theirs.
   * What comes is a tar (compressed or not), or, when `file` is the name of anything else, that single file:
   * a `recipe.ts`, a `fabfile.py` or a script. Throws Problem that says what is wrong with it.
   */
  async put(name: string, body: Readable, file: string | undefined, uploader: string): Promise<RecipeView> {
    const { files, limits } = this.#service;
    return await files.receive(body, limits.package, async (from, { sha256 }) => {
      const keep = async (packedFile: string, digest: string): Promise<RecipeView> => {
        const tasks = await refusing(() => readRecipe(packedFile));
        await files.keepPackage(packedFile, digest);
        return await this.#write(name, digest, tasks, uploader);
      };
      if (file === undefined || /\.(tar|tgz|tar\.\w+)$/.test(file)) return await keep(from, sha256);
      return await refusing(() => packedAlone(from, file, keep));
    });
  }

  async list(): Promise<readonly RecipeView[]> {
    const rows = await this.#service.store.selectFrom('recipes').selectAll().orderBy('name').execute();
    return rows.map(({ uploaded_at, ...row }) => ({
      ...row,
      tasks: [...row.tasks],
      uploadedAt: uploaded_at.toISOString(),
    }));
  }

  /** Throws Problem when there is none. */
  async find(name: string): Promise<RecipeView> {
    const found = (await this.list()).find((each) => each.name === name);
    if (!found) throw new Problem(404, `there is no recipe '${name}'`);
    return found;
  }

  /** Throws Problem when there is none. */
  async remove(name: string): Promise<void> {
    const { numDeletedRows } = await this.#service.store
      .deleteFrom('recipes')
      .where('name', '=', name)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new Problem(404, `there is no recipe '${name}'`);
  }

  async #write(name: string, sha256: string, tasks: readonly Task[], uploader: string): Promise<RecipeView> {
    const row = { sha256, tasks: JSON.stringify(tasks), uploader };
    await this.#service.store
      .insertInto('recipes')
      .values({ name, ...row })
      .onConflict((on) => on.column('name').doUpdateSet({ ...row, uploaded_at: now }))
      .execute();
    return await this.find(name);
  }
}

/**
 * Packs a single file as what it is, executable, and hands that on. Throws UsageError for one that is none.
 */
async function packedAlone<T>(
  from: string,
  file: string,
  use: (packedFile: string, sha256: string) => Promise<T>,
): Promise<T> {
  if (!/^\w[\w.-]{0,99}$/.test(file)) throw new UsageError(`A recipe cannot be a file called '${file}'.`);
  const name = file.endsWith('.ts') ? 'recipe.ts' : file;
  if (!/^(recipe\.ts|fabfile\.py)$/.test(name) && !(await canBeRun(from))) {
    const message = `'${file}' is no script: it does not begin with #!`;
    throw new UsageError(message, {
      hint: 'begin it with a line such as #!/bin/sh; TypeScript is to be called recipe.ts, several tasks come as a tar',
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'shakedown-recipe-'));
  try {
    const place = join(folder, name);
    await copyFile(from, place);
    await chmod(place, 0o755);
    return await packed(folder, use);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether the kernel takes it for a script or a program (elf(5)). */
async function canBeRun(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1', 0, 2) === '#!' || buffer.toString('latin1') === '\x7fELF';
  } finally {
    await handle.close();
  }
}
