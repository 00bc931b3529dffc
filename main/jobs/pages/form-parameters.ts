import type { ParameterValues } from '../recipe-protocol.ts';
import { Problem } from '../server/problem.ts';

/** Parameters of a task that says nothing of them: `NAME=VALUE`, one a line. Throws Problem. */
export function parameterLines(lines: string): ParameterValues {
  const given = lines.split('\n').map((line) => line.trim());
  return Object.fromEntries(
    given
      .filter((line) => line !== '')
      .map((line) => {
        const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
        if (name === undefined || value === undefined) {
          throw new Problem(400, `parameters are written as NAME=VALUE, one a line; found '${line}'`);
        }
        return [name, value];
      }),
  );
}
