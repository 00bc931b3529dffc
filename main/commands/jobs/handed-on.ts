import { list } from '../script/script-machines.ts';
import { variable } from '../script/variable.ts';

/**
 * A flag that takes values, `given` as it is found among a command's options, as it goes on to the command
 * that a worker runs. A variable is sent with its value: the worker has another environment.
 */
export const handedOnFlag = (name: string, given: unknown, env: NodeJS.ProcessEnv): readonly string[] =>
  list(given).flatMap((value) => [`--${name}`, name === 'env' ? variable(value, env).join('=') : value]);
