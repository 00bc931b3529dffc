import { ShakedownError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { InstallResult } from '../../common/protocol/installation.ts';
import { fromLayer } from '../../common/text/from-layer.ts';
import { hasPackages } from '../cluster/has-packages.ts';
import type { Node } from '../cluster/node.ts';
import { installPackages } from '../cluster/operations/packages.ts';
import type { Timeouts } from '../config/scenario.ts';
import type { RunContext } from '../context/run-context.ts';
import { renewalCommands } from '../layers/identity/renewals.ts';
import { cacheableSteps, installationOf } from '../layers/installation.ts';
import { isLayerOf, type Layer } from '../layers/layer.ts';
import type { PackageRoute } from '../packages/package-route.ts';
import { enableProgram } from '../providers/capabilities.ts';
import type { Preparation } from './phase.ts';
import { runStep } from './setup.ts';

/**
 * Installs the node's packages, local ones too, unless it started from a layer that has them. Units whose
 * start is held back wait on the node for phase `start`. It needs no node file, so that what it made does not
 * depend on a run.
 */
export async function install(node: Node, preparation: Preparation): Promise<void> {
  const { ctx, scenario, packages: route } = preparation;
  const layer = preparation.layers.get(node.id);
  const has = layer && isLayerOf(layer, installationOf(node.config, node.machine));
  if (layer && !has)
    ctx.log('its packages depend on its address: they are installed over the layer', node.id);
  const { installed, heldBack } = has
    ? await takeOver(node, layer, preparation)
    : await installAll(node, { route, timeouts: scenario.timeouts }, ctx);
  preparation.installed(node.id, installed);
  for (const { name, version } of installed) ctx.log(`installed ${name} ${version}`, node.id);
  if (heldBack.length > 0) ctx.log(`not started before phase 'start': ${heldBack.join(', ')}`, node.id);
}

/** How to install. */
interface Installing {
  readonly route: PackageRoute;
  readonly timeouts: Timeouts;
  /** The package lists on the node are not to be trusted. */
  readonly staleLists?: boolean;
}

/** All that phase `install` does to a node, and to the machine of which a layer is made. */
export async function installAll(
  node: Node,
  { route, timeouts, staleLists = false }: Installing,
  ctx: RunContext,
): Promise<InstallResult> {
  const { packages, debs, aptSources: sources, recommends } = node.config;
  const wanted = { packages, debs, sources, ...present({ recommends }) };
  const log = (line: string) => ctx.log(line, node.id);
  const options = { route, within: timeouts.install, staleLists, signal: ctx.signal, log };
  const result = hasPackages(node.config)
    ? await installPackages(node, wanted, options)
    : { installed: [], heldBack: [] };
  for (const step of cacheableSteps(node.config, node.machine))
    await runStep(node, step, { cwd: '/', within: step.timeout ?? timeouts.setup }, ctx);
  return result;
}

/**
 * What an installation would have done besides: units are enabled, and what each node has for itself is made.
 */
async function takeOver(
  node: Node,
  { key, record }: Layer,
  { ctx, fromLayer: tell }: Preparation,
): Promise<InstallResult> {
  const { installed, heldBack, renewed, madeAt, tookMs } = record;
  for (const command of [`sh ${enableProgram}`, ...renewalCommands(renewed)]) {
    const result = await node.agent.exec(command, { timeout: 120, signal: ctx.signal, user: 'root' });
    if (result.exitCode === 0) continue;
    throw new ShakedownError({
      message: 'the node could not be made of its layer',
      command,
      exitCode: result.exitCode,
      lastLines: result.stderr.trim().split('\n').slice(-8),
      hint: "'--fresh' makes the layer anew, and 'cache: false' in the main config does without",
    });
  }
  const used = { key, madeAt, tookMs };
  tell(node.id, used);
  ctx.emit({ type: 'note', node: node.id, phase: 'install', message: fromLayer(used, ctx.clock()) });
  return { installed, heldBack };
}
