import { z } from 'zod';
import { present } from '../../../common/present.ts';
import * as field from '../../config/field-schemas.ts';
import { type Asked, type OnNode, onNode } from '../method.ts';

/** Bytes; a text that is longer is a matter for `shakedown cp`. */
const longestText = 64 * 1024 ** 2;

export const readFile = onNode({
  params: z.tuple([field.text]),
  run: async ({ node }: OnNode, [path]: [path: string], { signal }: Asked): Promise<string> => {
    const bytes = await node.agent.readFile(path, { maxBytes: longestText, ...present({ signal }) });
    return bytes.toString('utf8');
  },
});
