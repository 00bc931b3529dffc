import type { ParameterValues } from '../recipe-protocol.ts';
import { Problem } from '../server/problem.ts';

/** Of what was written into a field, the lines that are not empty. */
export const linesOf = (written: string): readonly string[] =>
  written
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Parameters of a task that says nothing of them: `NAME=VALUE`, one a line. Throws Problem. */
export function parameterLines(lines: string): ParameterValues {
  return Object.fromEntries(
    linesOf(lines).map((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) {
        throw new Problem(400, `parameters are written as NAME=VALUE, one a line; found '${line}'`);
      }
      return [name, value];
    }),
  );
}
