import type { Task } from '../recipe-protocol.ts';

/**
 * The tasks of a fabfile, without running it: the functions below `@task`, as Fabric 2 and later have them,
 * or, where there is none, all that do not begin with an underscore, as Fabric 1 had it. A task is called as
 * on Fabric's command line: `run_tests` is `run-tests`. What it takes is told by its first line, as far as
 * that says it plainly; without a default it has to be given.
 */
export function fabricTasks(source: string, file: string): readonly Task[] {
  const functions = [...source.matchAll(/^((?:@.*\n(?:[ \t].*\n)*)*)(?:async )?def (\w+)\(([^)]*)\)/gm)];
  const marked = functions.filter(([, above = '']) => /^@task\b/m.test(above));
  const isFirst = marked.length === 0;
  const tasks = isFirst ? functions.filter(([, , name = '']) => !name.startsWith('_')) : marked;
  return tasks.map(([, , name = '', given = '']) => ({
    name: name.replaceAll('_', '-').replace(/^-+|-+$/g, ''),
    by: 'fabric' as const,
    file,
    ...parametersOf(given, isFirst),
  }));
}

/** After the context, which Fabric 2 hands on first. Nothing is known where there are stars in it. */
function parametersOf(given: string, isFirst: boolean): Pick<Task, 'parameters'> {
  const words = given.split(',').map((word) => word.trim());
  const own = (isFirst ? words : words.slice(1)).filter((word) => word !== '');
  if (given.includes('*') || !own.every((word) => /^\w+(\s*:\s*\w+)?(\s*=\s*[^[({]*)?$/.test(word)))
    return {};
  const parameters = own.map((word) => {
    const [, name = '', value] = /^(\w+)[^=]*(?:=\s*(.*))?$/.exec(word) ?? [];
    return [name, parameterFor(value)] as const;
  });
  return { parameters: Object.fromEntries(parameters) };
}

function parameterFor(value: string | undefined): NonNullable<Task['parameters']>[string] {
  if (value === undefined) return { type: 'string' };
  if (value === 'True' || value === 'False') return { type: 'boolean', default: value === 'True' };
  if (/^-?\d+(\.\d+)?$/.test(value)) return { type: 'number', default: Number(value) };
  const [, , text] = /^(['"])(.*)\1$/.exec(value) ?? [];
  return { type: 'string', default: text ?? '' };
}
