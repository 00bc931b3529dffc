import { posix } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import type { Node } from '../cluster/node.ts';
import type { SetupStep } from '../config/scenario.ts';
import type { RunContext } from '../context.ts';
import type { Preparation, Session } from './phase.ts';

/** Puts files in their places outside the working directory, then takes the set-up steps before the services. */
export async function setUp(node: Node, { ctx, scenario }: Preparation): Promise<void> {
  const files = node.config.place.map(({ from, ...rest }) => ({
    from: posix.join(node.config.workingDir, from),
    ...rest,
  }));
  if (files.length > 0) await node.agent.call('place', { files }, { signal: ctx.signal });
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
    const timeout = step.timeout ?? limit;
    const result = await node.agent.call(
      'run',
      {
        name: step.name,
        command: step.run,
        cwd: node.config.workingDir,
        timeout,
        ...(step.env === undefined ? {} : { env: step.env }),
        ...(step.user === undefined ? {} : { user: step.user }),
      },
      { signal: ctx.signal },
    );
    if (result.exitCode === 0) continue;
    throw new ShakedownError({
      message: `set-up step '${step.name}' failed`,
      verdict: 'fail',
      command: step.run,
      exitCode: result.exitCode,
      lastLines: `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-20),
    });
  }
}

function isFor(step: SetupStep, node: Node): boolean {
  if (step.on === 'all') return true;
  return step.on === 'first' ? node.id === 0 : node.machine.role === step.on.role;
}
