import { z } from 'zod';
import * as field from '../../config/schema/field-schemas.ts';
import { type Asked, type OnMain, type OnNode, onMain, onNode } from '../method.ts';
import type { TaskStatus } from './background-tasks.ts';

/** How a command runs that is not waited for. */
export interface StartOptions {
  /** As root, true unless told. */
  readonly root?: boolean;
}

const { exactOptional: optional } = z;
const byId = z.tuple([field.text]);

export const startTask = onNode({
  params: z.tuple([
    field.text,
    optional(field.object({ root: optional(field.flag) }, 'an object of options')),
  ]),
  run: (
    { live, node }: OnNode,
    [command, { root = true } = {}]: [command: string, options?: StartOptions],
  ): Promise<string> => live.tasks.start(node, command, { root }),
});

export const taskStatus = onMain({
  params: byId,
  run: async ({ live }: OnMain, [id]: [id: string]): Promise<TaskStatus> => live.tasks.status(id),
});

/** Seconds to wait at most; 60 unless told. */
export const taskEnded = onMain({
  params: z.tuple([
    field.text,
    optional(field.object({ timeout: optional(field.seconds) }, 'an object of options')),
  ]),
  run: (
    { live }: OnMain,
    [id, { timeout = 60 } = {}]: [id: string, options?: { readonly timeout?: number }],
    { signal }: Asked,
  ): Promise<TaskStatus> => live.tasks.ended(id, timeout, signal),
});

export const stopTask = onMain({
  params: byId,
  run: ({ live }: OnMain, [id]: [id: string]): Promise<TaskStatus> => live.tasks.stop(id),
});
