import { UsageError } from '../../../common/errors.ts';
import { closest } from '../../../common/text/closest.ts';
import type { Parameter, ParameterValues, Task } from '../recipe-protocol.ts';

/**
 * What a task is given, with its defaults filled in: text becomes the number or boolean that it shall be.
 * Without word of what a task takes everything is welcome. Throws UsageError that names every mistake.
 */
export function checkParameters({ name, by, parameters }: Task, given: ParameterValues): ParameterValues {
  if (!parameters) return given;
  const mistakes: string[] = [];
  const names = Object.keys(parameters);
  for (const each of Object.keys(given).filter((each) => !names.includes(each))) {
    const near = closest(each, names);
    const instead = names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`;
    mistakes.push(`there is no '${each}'; ${near === undefined ? instead : `did you mean ${near}?`}`);
  }
  const values = Object.entries(parameters).flatMap(([each, wanted]) => {
    const value = Object.hasOwn(given, each) ? given[each] : wanted.default;
    if (value === undefined) {
      mistakes.push(`'${each}' is missing`);
      return [];
    }
    const read = asType(wanted.type, value);
    if (read === undefined) {
      mistakes.push(`'${each}' takes a ${wanted.type}; found ${JSON.stringify(value)}`);
    } else if (wanted.choices && !wanted.choices.includes(read)) {
      const choices = wanted.choices.map((choice) => JSON.stringify(choice)).join(', ');
      mistakes.push(`'${each}' is one of ${choices}; found ${JSON.stringify(value)}`);
    }
    return [[each, read ?? value] as const];
  });
  // Fabric fills in its own, and has no flag for a `false` that is there already.
  const isNeeded = ([each, value]: (typeof values)[number]) =>
    by !== 'fabric' || value !== parameters[each]?.default;
  if (mistakes.length === 0) return Object.fromEntries(values.filter(isNeeded));
  throw new UsageError(`The parameters of the task '${name}': ${mistakes.join('; ')}.`);
}

function asType(
  type: Parameter['type'],
  value: ParameterValues[string],
): ParameterValues[string] | undefined {
  if (type === 'string') return typeof value === 'string' ? value : String(value);
  if (typeof value === type) return value;
  if (typeof value !== 'string') return undefined;
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : undefined;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : undefined;
}
