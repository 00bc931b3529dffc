import { ShakedownError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { Probe } from '../../common/ready.ts';
import type { Node } from '../cluster/node.ts';
import { urlHost } from '../cluster/url-host.ts';
import type { WaitFor } from '../config/node/node-config.ts';
import { isTarget } from '../config/order/targets.ts';
import type { NodeFacts } from '../config/scenario.ts';
import type { OtherNodes } from './other-nodes.ts';

/** Of whom something is asked, by which node's agent, and how a failure calls it. */
interface Asked {
  readonly by: Node;
  readonly probe: Probe;
  readonly what: string;
}

/** What a wait needs besides. `within`: seconds. */
export interface Waiting {
  /** All nodes of the cluster. */
  readonly nodes: readonly NodeFacts[];
  readonly others: Pick<OtherNodes, 'node'>;
  readonly within: number;
  readonly signal: AbortSignal;
}

/**
 * Resolves when all that the step waits for is there. Throws ShakedownError (verdict `fail`) with what
 * was found last when it is not there in time.
 */
export async function waitFor(
  node: Node,
  step: { readonly name: string; readonly waitFor: WaitFor },
  { nodes, others, within, signal }: Waiting,
): Promise<void> {
  const all = await whatToAsk(node, step.waitFor, nodes, (id) => others.node(id, signal));
  await Promise.all(
    all.map(async ({ by, probe, what }) => {
      const params = { probe, within, workingDir: by.config.workingDir };
      const { problem } = await by.agent.call('waitFor', params, { signal, timeout: within + 60 });
      if (problem === undefined) return;
      throw new ShakedownError({
        message: `set-up step '${step.name}': ${what} was not there after ${within} s; last try: ${problem}`,
        verdict: 'fail',
        hint: 'look at the log of what it waits for; if that only needs longer, raise `timeout`',
      });
    }),
  );
}

async function whatToAsk(
  node: Node,
  { on, ...rest }: WaitFor,
  nodes: readonly NodeFacts[],
  connected: (id: number) => Promise<Node>,
): Promise<readonly Asked[]> {
  const targets = on === undefined ? [] : nodes.filter((each) => isTarget(each, on));
  if ('command' in rest) {
    const probe = { command: rest.command };
    const by = on === undefined ? [node] : await Promise.all(targets.map(({ id }) => connected(id)));
    return by.map((each) => ({ by: each, probe, what: `\`${rest.command}\` on ${nameOf(each.machine)}` }));
  }
  if ('tcp' in rest) {
    if (on === undefined) return [{ by: node, probe: rest, what: `port ${rest.tcp}` }];
    return targets.map((target) => ({
      by: node,
      probe: { tcp: rest.tcp, ...present({ host: target.id === node.id ? undefined : target.address }) },
      what: `port ${rest.tcp} of ${nameOf(target)}`,
    }));
  }
  const { http, ...more } = rest;
  if (/^https?:/.test(http)) return [{ by: node, probe: { http, ...more }, what: http }];
  const asUrl = (address: string) => `http://${urlHost(address)}${http}`;
  if (on === undefined) return [{ by: node, probe: { http: asUrl('127.0.0.1'), ...more }, what: http }];
  return targets.map((target) => ({
    by: node,
    probe: { http: asUrl(target.id === node.id ? '127.0.0.1' : target.address), ...more },
    what: `${http} of ${nameOf(target)}`,
  }));
}

const nameOf = ({ name, address }: Pick<NodeFacts, 'name' | 'address'>): string =>
  name === address ? name : `${name} (${address})`;
