import { UsageError } from '../../../common/errors.ts';
import { closest } from '../../../common/text/closest.ts';

/**
 * The first word of `args`, once it is one of `actions`, each of which says how many words may follow it.
 * Throws UsageError that says what is wrong with them.
 */
export function checkAction<Action extends string>(
  command: string,
  [action = '', ...more]: readonly (string | undefined)[],
  actions: Readonly<Record<Action, number>>,
): Action {
  const names = Object.keys(actions) as Action[];
  const known = names.find((name) => name === action);
  if (known === undefined) {
    const near = closest(action, names);
    const meant = near === undefined ? '' : ` Did you mean '${near}'?`;
    throw new UsageError(`${command} ${action}: there is no such action.${meant}`, {
      hint: names.join(', '),
    });
  }
  const tooMany = more.filter((word) => word !== undefined && word !== '').slice(actions[known]);
  if (tooMany.length > 0) {
    const words = tooMany.map((word) => `'${word}'`).join(', ');
    throw new UsageError(`${command} ${action}: there is no place for ${words}.`, {
      hint: `shakedown ${command} --help`,
    });
  }
  return known;
}
