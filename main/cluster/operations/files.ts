import { resolve } from 'node:path';
import { z } from 'zod';
import { present } from '../../../common/present.ts';
import * as field from '../../config/schema/field-schemas.ts';
import { type Asked, type OnNode, onNode } from '../method.ts';
import { type Brought, bring, send } from './copy.ts';

/** Bytes; a text that is longer is a matter for `shakedown cp`. */
const longestText = 64 * 1024 ** 2;

export const readFile = onNode({
  params: z.tuple([field.text]),
  run: async ({ node }: OnNode, [path]: [path: string], { signal }: Asked): Promise<string> => {
    const bytes = await node.agent.readFile(path, { maxBytes: longestText, ...present({ signal }) });
    return bytes.toString('utf8');
  },
});

export const put = onNode({
  params: z.tuple([field.text, field.absolutePath]),
  run: ({ live, node }: OnNode, [from, to]: [from: string, to: string], { signal }: Asked): Promise<string> =>
    send(node.agent, resolve(live.directory, from), to, { signal }),
});

export const get = onNode({
  params: z.tuple([field.absolutePath, field.text]),
  run: (
    { live, node }: OnNode,
    [from, to]: [from: string, to: string],
    { signal }: Asked,
  ): Promise<Brought> => bring(node.agent, from, resolve(live.directory, to), { signal }),
});
