import { UsageError } from '../../common/errors.ts';

/** The name of a snapshot, as `CanSnapshot` takes it. Throws UsageError for any other. */
export function snapshotName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return name;
  throw new UsageError(`'${name}' cannot be the name of a snapshot: a-z, 0-9 and hyphens.`);
}
