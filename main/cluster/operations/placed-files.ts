import { posix } from 'node:path';
import { z } from 'zod';
import { present } from '../../../common/present.ts';
import type { PlaceConfig } from '../../config/node/node-config.ts';
import * as field from '../../config/schema/field-schemas.ts';
import { type Asked, type OnNode, onNode } from '../method.ts';
import type { Node } from '../node.ts';

/**
 * Puts files of the node's working directory in places outside of it; what was there comes back when the
 * node is cleaned. Throws ShakedownError for one that cannot be put there.
 */
export async function placeFiles(
  { agent, config: { workingDir } }: Node,
  files: readonly PlaceConfig[],
  options: { readonly timeout: number; readonly signal?: AbortSignal },
): Promise<void> {
  if (files.length === 0) return;
  const params = files.map(({ from, ...rest }) => ({ from: posix.join(workingDir, from), ...rest }));
  await agent.call('place', { files: params }, options);
}

/** How a file is placed: `user` or `user:group`, root unless told; permission bits, as 0o644. */
export interface PlaceOptions {
  readonly owner?: string;
  readonly mode?: number;
}

const { exactOptional: optional } = z;
const options = field.object(
  { owner: optional(field.owner), mode: optional(field.mode) },
  'an object of options',
);

export const place = onNode({
  params: z.tuple([field.pathBelow, field.filePath, optional(options)]),
  run: (
    { live, node }: OnNode,
    [from, to, how = {}]: [from: string, to: string, options?: PlaceOptions],
    { signal }: Asked,
  ): Promise<void> =>
    placeFiles(node, [{ from, to, ...how }], { timeout: live.timeouts.setup, ...present({ signal }) }),
});
