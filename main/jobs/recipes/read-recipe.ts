import { z } from 'zod';
import { asShakedownError, UsageError } from '../../../common/errors.ts';
import { closest } from '../../../common/text/closest.ts';
import { type PackedFile, readPackage } from '../packages/read-package.ts';
import { parameter, parameterName, type Task, taskName } from '../recipe-protocol.ts';
import { schemaMistakes } from '../schema-mistakes.ts';
import { exportedFunctions } from './exported-functions.ts';
import { fabricTasks } from './fabric-tasks.ts';

/** Files that tell of tasks, at the top of a recipe. */
const known = { typescript: 'recipe.ts', fabric: 'fabfile.py', about: 'recipe.json' };

const bounds = { entries: 10_000, bytes: 2 ** 30 };

const about = z.strictObject({
  tasks: z.record(
    z.string(),
    z.strictObject({
      description: z.string().max(1000).optional(),
      parameters: z.record(parameterName, parameter).optional(),
    }),
  ),
});

/**
 * The tasks of a recipe that was packed: the executables at its top, without their suffix, the functions that
 * its `recipe.ts` exports, and the tasks of its `fabfile.py`; its `recipe.json` may say what they are and
 * take. Nothing of it is run. Throws UsageError when there are none, or when something is wrong with it.
 */
export async function readRecipe(file: string): Promise<readonly Task[]> {
  const wanted = (path: string) => Object.values<string>(known).includes(path);
  const files = await readPackage(file, wanted, bounds).catch((error: unknown) => {
    throw new UsageError(`It cannot be unpacked: ${asShakedownError(error).message}.`);
  });
  const text = (path: string) => files.find((each) => each.path === path)?.text;
  const typescript = text(known.typescript);
  const fabric = text(known.fabric);
  const tasks: Task[] = [
    ...executables(files),
    ...(typescript === undefined ? [] : functions(typescript)),
    ...(fabric === undefined ? [] : fabricTasks(fabric, known.fabric)),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const twice = tasks.find(({ name }, index) => tasks[index + 1]?.name === name);
  if (twice) {
    const from = tasks.filter(({ name }) => name === twice.name).map((task) => task.file);
    throw new UsageError(`The task '${twice.name}' is there twice: ${from.join(', ')}.`);
  }
  if (tasks.length === 0) throw withoutTasks(files);
  const said = text(known.about);
  return said === undefined ? tasks : described(tasks, said);
}

function executables(files: readonly PackedFile[]): readonly Task[] {
  return files.flatMap(({ path, isExecutable }) => {
    const name = path.replace(/\.\w+$/, '');
    if (!isExecutable || path.includes('/') || Object.values<string>(known).includes(path)) return [];
    return taskName.safeParse(name).success ? [{ name, by: 'executable' as const, file: path }] : [];
  });
}

const functions = (source: string): readonly Task[] =>
  exportedFunctions(source, known.typescript).map((name) => ({
    ...{ name, by: 'typescript' as const, file: known.typescript },
  }));

function withoutTasks(files: readonly PackedFile[]): UsageError {
  const top = [...new Set(files.map(({ path }) => path.replace(/\/.*/, '/')))].sort();
  const found = top.length === 0 ? 'it is empty' : `found ${top.slice(0, 10).join(', ')}`;
  const message = `There are no tasks in it: no executable at its top, no recipe.ts that exports functions, no fabfile.py with tasks; ${found}.`;
  return new UsageError(message, { hint: 'chmod +x what shall be a task' });
}

/** With what `recipe.json` says of the tasks. */
function described(tasks: readonly Task[], text: string): readonly Task[] {
  const { tasks: said } = parsedAbout(text);
  const names = tasks.map(({ name }) => name);
  for (const name of Object.keys(said)) {
    if (names.includes(name)) continue;
    const near = closest(name, names);
    const hint = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`;
    throw new UsageError(`${known.about}: there is no task '${name}'.`, { hint });
  }
  return tasks.map((task) => (Object.hasOwn(said, task.name) ? { ...task, ...said[task.name] } : task));
}

function parsedAbout(text: string): z.output<typeof about> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${known.about}: ${(error as Error).message}.`);
  }
  const came = about.safeParse(value);
  if (came.success) return came.data;
  throw new UsageError(`${known.about}: ${schemaMistakes(came.error)}.`);
}
