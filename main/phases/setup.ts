import { posix } from 'node:path';
import { ShakedownError, TimeLimitError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import { tellingLines } from '../../common/telling-lines.ts';
import type { TaskResult } from '../agent/task.ts';
import type { Node } from '../cluster/node.ts';
import { tellLeft } from '../cluster/tell-left.ts';
import type { SetupStep } from '../config/scenario.ts';
import type { RunContext } from '../context/run-context.ts';
import type { Preparation, Session } from './phase.ts';

/**
 * Puts files in their places outside the working directory, then takes the set-up steps before the services.
 */
export async function setUp(node: Node, { ctx, scenario }: Preparation): Promise<void> {
  const files = node.config.place.map(({ from, ...rest }) => ({
    from: posix.join(node.config.workingDir, from),
    ...rest,
  }));
  if (files.length > 0)
    await node.agent.call('place', { files }, { signal: ctx.signal, timeout: scenario.timeouts.setup });
  await takeSteps(node, 'before', scenario.timeouts.setup, ctx);
}

/** The set-up steps that come when all services on all nodes are ready; node by node, in their order. */
export async function setUpAfterStart(
  { nodes, scenario }: Pick<Session, 'nodes' | 'scenario'>,
  ctx: RunContext,
): Promise<void> {
  for (const node of nodes) await takeSteps(node, 'after', scenario.timeouts.setup, ctx);
}

/** Whether any node has a step to take once all services are ready. */
export const hasStepsAfterStart = (nodes: readonly Node[]): boolean =>
  nodes.some((node) => node.config.setup.some((step) => step.when === 'after' && isFor(step, node)));

async function takeSteps(node: Node, when: SetupStep['when'], limit: number, ctx: RunContext): Promise<void> {
  for (const step of node.config.setup) {
    if (step.when !== when || !isFor(step, node)) continue;
    const result = await takeStep(node, step, step.timeout ?? limit, ctx.signal);
    if (result.left.length > 0)
      ctx.emit({ type: 'note', message: tellLeft(step.run, result.left), node: node.id });
    if (result.exitCode === 0) continue;
    throw new ShakedownError({
      message: `set-up step '${step.name}' failed`,
      verdict: 'fail',
      command: step.run,
      exitCode: result.exitCode,
      lastLines: tellingLines(`${result.stdout}\n${result.stderr}`.trim().split('\n')),
    });
  }
}

async function takeStep(
  node: Node,
  step: SetupStep,
  timeout: number,
  signal: AbortSignal,
): Promise<TaskResult> {
  const cwd = node.config.workingDir;
  const more = { user: step.user ?? 'root', log: `setup-${step.name}`, ...present({ env: step.env }) };
  try {
    return await node.agent.exec(step.run, { cwd, timeout, signal, ...more });
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    throw new TimeLimitError(`set-up step '${step.name}'`, timeout, {
      verdict: 'fail',
      command: step.run,
      ...present({ lastLines: error.details.lastLines }),
      hint: 'look at its last lines, or give it more time with `timeout`',
    });
  }
}

function isFor(step: SetupStep, node: Node): boolean {
  if (step.on === 'all') return true;
  return step.on === 'first' ? node.id === 0 : node.machine.role === step.on.role;
}
