import { UsageError } from '../../common/errors.ts';
import type { Login } from './provider.ts';

/** Who logs in to machines that we make. */
export interface Account {
  readonly user: string;
  /** As in authorized_keys. */
  readonly publicKey: string;
}

/**
 * The account that machines of a kind shall have. Names are such as Debian's adduser takes (adduser(8),
 * NAME_REGEX), so that a script may have them. Throws UsageError for another, and without a public key.
 */
export function accountOf(kind: string, { user = 'root', publicKey }: Login): Account {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) {
    throw new UsageError(`'${user}' cannot be the name of a user on the nodes.`);
  }
  if (publicKey === undefined) throw new UsageError(`${kind}: a public key to log in with is needed.`);
  return { user, publicKey };
}
