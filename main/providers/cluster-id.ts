import { UsageError } from '../../common/errors.ts';

/** What a cluster's id is, for a RegExp of names in which it stands. */
export const clusterIdPattern = '[0-9a-f]{6}';

const whole = new RegExp(`^${clusterIdPattern}$`);

export const isClusterId = (text: string): boolean => whole.test(text);

/** Throws UsageError for what is no id of a cluster: nothing else may come into a script or a path. */
export function mustBeClusterId(kind: string, id: string): void {
  if (!isClusterId(id)) throw new UsageError(`'${id}' is not the id of a cluster of kind ${kind}.`);
}
