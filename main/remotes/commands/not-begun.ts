import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { type Refusal, sudoRefusal } from './sudo-refusal.ts';

/** What to say of a command that never began: sudo refused it (`bySudo`), or the login's shell did. */
export function notBegun(refusal: Refusal & { readonly bySudo: boolean }): ShakedownError {
  const { user, exitCode, said, bySudo } = refusal;
  if (bySudo && /sudo|doas|not in the sudoers|may not run|not allowed/i.test(said))
    return sudoRefusal(refusal);
  const words = printableLine(said.trim().split('\n').slice(-3).join('\n'), 300);
  const end = exitCode === null ? 'it ended' : `it ended with exit code ${exitCode}`;
  return new ShakedownError({
    message: `the login's shell of '${user}' on the node runs no commands: ${end}${words ? `: ${words}` : ''}`,
    ...present({ exitCode: exitCode ?? undefined }),
    hint: `give that user a shell (on the node: chsh -s /bin/sh ${user}), or log in as another one (--user)`,
  });
}
