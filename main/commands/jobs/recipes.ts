import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { RecipesApi } from '../../jobs/client/recipes-api.ts';
import { packed } from '../../jobs/packages/package-folder.ts';
import type { RecipeView, Task } from '../../jobs/recipe-protocol.ts';
import { columns } from '../columns.ts';
import type { Command } from '../command.ts';
import { checkAction } from './check-action.ts';
import { serverAsked } from './server-asked.ts';

export const recipesCommand: Command = async (args, options, environment) => {
  const action = checkAction('recipes', args, { list: 0, add: 2, remove: 1 });
  const [, name = '', what] = args;
  const { stdout, cwd } = environment;
  const api = new RecipesApi(serverAsked(options, environment));
  if (action === 'list') {
    const found = await api.list();
    stdout.write(options.json ? `${JSON.stringify(found, undefined, 2)}\n` : table(found));
    return 0;
  }
  if (name === '') throw new UsageError(`recipes ${action}: which?`, { hint: 'shakedown recipes list' });
  if (action === 'remove') await api.remove(name);
  else stdout.write(table([await added(api, name, resolve(cwd, what ?? name), what ?? name)]));
  return 0;
};

/** Uploads a folder, a tar or a single file. */
async function added(api: RecipesApi, called: string, path: string, given: string): Promise<RecipeView> {
  if (!existsSync(path)) {
    throw new UsageError(`There is no ${given}.`, {
      hint: 'recipes add NAME, and a folder, a tar or a file',
    });
  }
  const name = called === given ? basename(path).replace(/\.(sh|py|ts|tar|tgz|tar\.\w+)$/, '') : called;
  if (statSync(path).isDirectory()) return await packed(path, (file) => api.put(name, file));
  return await api.put(name, path, basename(path));
}

function table(recipes: readonly RecipeView[]): string {
  const rows = recipes.flatMap(({ name, tasks, uploader, uploadedAt }) =>
    tasks.map((task, index) => [
      ...(index === 0 ? [name] : ['']),
      ...[task.name, printableLine(takes(task))],
      ...(index === 0 ? [`${printableLine(uploader)} ${uploadedAt}`] : ['']),
    ]),
  );
  return columns([['RECIPE', 'TASK', 'TAKES', 'UPLOADED'], ...rows]);
}

/** `part=test count: number size=1|2|4 mode: fast|safe`. */
const takes = ({ parameters }: Task): string =>
  Object.entries(parameters ?? {})
    .map(([name, { type, choices, default: usual }]) => {
      if (usual === undefined) return `${name}: ${choices?.join('|') ?? type}`;
      const others = choices?.filter((each) => each !== usual) ?? [];
      return `${name}=${[usual, ...others].join('|')}`;
    })
    .join(' ');
