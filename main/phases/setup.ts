import { ShakedownError, TimeLimitError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import { tellingLines } from '../../common/text/telling-lines.ts';
import type { TaskResult } from '../agent/task.ts';
import type { Node } from '../cluster/node.ts';
import { placeFiles } from '../cluster/operations/placed-files.ts';
import { tellLeft } from '../cluster/tell-left.ts';
import type { SetupStep } from '../config/node/node-config.ts';
import { isTarget } from '../config/order/targets.ts';
import { nodeFacts } from '../config/scenario.ts';
import type { RunContext } from '../context/run-context.ts';
import { OtherNodes } from './other-nodes.ts';
import type { Preparation, Session } from './phase.ts';
import { type Waiting, waitFor } from './wait-for.ts';

/**
 * Puts files in their places outside the working directory, then takes the set-up steps before the services.
 */
export async function setUp(node: Node, { ctx, scenario, cluster, others }: Preparation): Promise<void> {
  const limit = { signal: ctx.signal, timeout: scenario.timeouts.setup };
  await placeFiles(node, node.config.place, limit);
  const nodes = cluster.machines.map(nodeFacts);
  await takeSteps(node, 'before', { nodes, others, ctx, within: scenario.timeouts.setup });
}

/** The set-up steps that come when all services on all nodes are ready; node by node, in their order. */
export async function setUpAfterStart(
  { nodes, scenario }: Pick<Session, 'nodes' | 'scenario'>,
  ctx: RunContext,
): Promise<void> {
  const others = new OtherNodes();
  for (const node of nodes) others.isConnected(node);
  const steps = { nodes: nodes.map(({ machine }) => nodeFacts(machine)), others, ctx };
  for (const node of nodes) await takeSteps(node, 'after', { ...steps, within: scenario.timeouts.setup });
}

/** Whether any node has a step to take once all services are ready. */
export const hasStepsAfterStart = (nodes: readonly Node[]): boolean =>
  nodes.some((node) => node.config.setup.some((step) => step.when === 'after' && isFor(step, node)));

/** `within`: seconds that a step has which says nothing else. */
interface Steps extends Omit<Waiting, 'signal'> {
  readonly ctx: RunContext;
}

async function takeSteps(node: Node, when: SetupStep['when'], steps: Steps): Promise<void> {
  const { ctx } = steps;
  for (const step of node.config.setup) {
    // Those were taken in phase `install`.
    if (step.when !== when || step.cacheable || !isFor(step, node)) continue;
    const within = step.timeout ?? steps.within;
    const { run, waitFor: what, name } = step;
    if (what !== undefined)
      await waitFor(node, { name, waitFor: what }, { ...steps, within, signal: ctx.signal });
    const { workingDir: cwd } = node.config;
    if (run !== undefined) await runStep(node, { ...step, run }, { cwd, within }, ctx);
  }
}

/** Runs a step in a folder of the node, for so many seconds. Throws ShakedownError when it fails. */
export async function runStep(
  node: Node,
  step: Command,
  where: { readonly cwd: string; readonly within: number },
  ctx: RunContext,
): Promise<void> {
  const result = await resultOf(node, step, where, ctx.signal);
  if (result.left.length > 0)
    ctx.emit({ type: 'note', message: tellLeft(step.run, result.left), node: node.id });
  if (result.exitCode === 0) return;
  throw new ShakedownError({
    message: `set-up step '${step.name}' failed`,
    verdict: 'fail',
    command: step.run,
    shell: node.agent.info.shell,
    exitCode: result.exitCode,
    lastLines: tellingLines(`${result.stdout}\n${result.stderr}`.trim().split('\n')),
  });
}

/** A step that is a command. */
type Command = SetupStep & { readonly run: string };

async function resultOf(
  node: Node,
  step: Command,
  { cwd, within: timeout }: { readonly cwd: string; readonly within: number },
  signal: AbortSignal,
): Promise<TaskResult> {
  const more = { user: step.user ?? 'root', log: `setup-${step.name}`, ...present({ env: step.env }) };
  try {
    return await node.agent.exec(step.run, { cwd, timeout, signal, ...more });
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    throw new TimeLimitError(`set-up step '${step.name}'`, timeout, {
      verdict: 'fail',
      command: step.run,
      shell: node.agent.info.shell,
      ...present({ lastLines: error.details.lastLines }),
      hint: 'look at its last lines, or give it more time with `timeout`',
    });
  }
}

function isFor(step: SetupStep, node: Node): boolean {
  return isTarget(node.machine, step.on);
}
