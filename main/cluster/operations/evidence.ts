import { resolve } from 'node:path';
import { z } from 'zod';
import { withTimeLimit } from '../../../common/time-limit.ts';
import * as field from '../../config/schema/field-schemas.ts';
import { collectNode } from '../collect/collect.ts';
import { type Asked, type OnNode, onNode } from '../method.ts';

export const evidence = onNode({
  params: z.tuple([field.text]),
  run: ({ live, node }: OnNode, [to]: [to: string], { signal }: Asked): Promise<readonly string[]> => {
    const limit = { what: `collecting from node ${node.id}`, seconds: live.timeouts.collect, signal };
    const where = { directory: resolve(live.directory, to), sinceMs: live.startedAt };
    return withTimeLimit(limit, (stop) => collectNode(node, { ...where, signal: stop }));
  },
});
