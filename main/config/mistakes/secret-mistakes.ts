import { closest } from '../../../common/text/closest.ts';
import { secretsIn } from '../../secrets/secret-reference.ts';
import { leaves } from './value-path.ts';

/** Where the shell that runs a command, or what fills its environment, puts the value in. */
const places = /(^|\.)(run|command|env\.\w+)$/;

/**
 * What is wrong with the secrets that a config's values name (`secret.TOKEN`): unknown ones, and those where
 * nothing would put the value in. `known`: the names of those that there are, where that could be read.
 */
export function unusableSecrets(
  config: object,
  known: readonly string[] | undefined,
): { readonly path: string; readonly message: string }[] {
  return leaves(config).flatMap(([path, value]) => {
    if (typeof value !== 'string') return [];
    return secretsIn(value).flatMap((name) => {
      const message = places.test(path) ? known && unknown(name, known) : misplaced;
      return message === undefined ? [] : [{ path, message }];
    });
  });
}

const misplaced = 'a secret can stand in `run`, `command` and `env`, and in templates: <{ secret.NAME }>';

function unknown(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return undefined;
  const near = closest(name, known);
  return near === undefined
    ? `there is no secret '${name}': name it in the main config, as secrets: ['env:${name}']`
    : `there is no secret '${name}'; did you mean ${near}?`;
}
