import { z } from 'zod';
import { present } from '../../../common/present.ts';
import type { CommandResult } from '../../../common/results.ts';
import * as field from '../../config/schema/field-schemas.ts';
import { type Asked, type OnMain, type OnNode, onMain, onNode } from '../method.ts';
import { tellLeft } from '../tell-left.ts';
import { runOnMain } from './main-command.ts';

/** How a command of a check runs. */
export interface ExecOptions {
  /** Seconds; 60 unless told. */
  readonly timeout?: number;
  /** As root, true unless told. */
  readonly root?: boolean;
  /** What the command reads. */
  readonly stdin?: string;
}

const { exactOptional: optional } = z;
const limits = { timeout: optional(field.seconds), stdin: optional(field.anyText) };
const options = field.object({ ...limits, root: optional(field.flag) }, 'an object of options');
const optionsOnMain = field.object(limits, 'an object of options');

export const exec = onNode({ params: z.tuple([field.text, optional(options)]), run: execOnNode });

export const execOnMain = onMain({
  params: z.tuple([field.text, optional(optionsOnMain)]),
  run: ({ live }: OnMain, [command, given]: [command: string, options?: Omit<ExecOptions, 'root'>], asked) =>
    runOnMain(command, live.directory, {
      ...given,
      ...present({ signal: asked.signal, env: live.secrets.environment(command) }),
    }),
});

async function execOnNode(
  { node, live }: OnNode,
  [command, { timeout = 60, root = true, stdin } = {}]: [command: string, options?: ExecOptions],
  { signal }: Asked,
): Promise<CommandResult> {
  const { left, ...result } = await node.agent.exec(command, {
    timeout,
    root,
    spoolDir: live.spoolDir,
    ...present({ stdin, signal }),
  });
  if (left.length > 0) live.ctx.emit({ type: 'note', message: tellLeft(command, left), node: node.id });
  return result;
}
