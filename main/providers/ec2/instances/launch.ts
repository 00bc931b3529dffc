import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../../common/errors.ts';
import type { Ec2Api } from '../api/ec2-api.ts';
import { Ec2Error } from '../api/ec2-error.ts';
import { eventually } from '../api/eventually.ts';
import type { Zone } from '../network/zones.ts';
import { instancesOf, type OwnInstance, ownInstance } from './instances.ts';
import { type InstancePlan, type Market, runRequest } from './run-request.ts';

const rounds = 3;
/** What was throttled is repeated longer than what gets no answer. */
const tries = { throttled: 8, unsure: 4 };

/** The group and the key that were made just before. */
const unknownYet = /^Invalid(Group|KeyPair)\.NotFound$/;

/** The zones to try, the one that had capacity last first; all nodes of a cluster share them. */
export class ZoneOrder {
  #zones: readonly Zone[];

  constructor(zones: readonly Zone[]) {
    this.#zones = zones;
  }

  get zones(): readonly Zone[] {
    return this.#zones;
  }

  /** It has none left: others go before it. */
  exhausted(zone: Zone): void {
    this.#zones = [...this.#zones.filter((other) => other !== zone), zone];
  }
}

/**
 * Launches one instance: on the spot market first if that is wanted, in whichever zone has capacity, at most
 * once. `log` is told what did not work at first. Throws ShakedownError.
 */
export async function launch(
  plan: InstancePlan,
  order: ZoneOrder,
  api: Ec2Api,
  { signal, log }: { readonly signal: AbortSignal; readonly log: (message: string) => void },
): Promise<OwnInstance> {
  const markets: readonly Market[] = plan.spot === false ? ['on demand'] : ['spot', 'on demand'];
  let last: Ec2Error | undefined;
  for (const market of markets) {
    // A spot price that is too low stays so; capacity on demand comes and goes.
    for (let round = 0; round < (market === 'spot' ? 1 : rounds); round++) {
      if (round > 0) await sleep(api.patience.capacity, undefined, { signal });
      for (const zone of order.zones) {
        try {
          return await runOnce(plan, zone, { market, round }, api, signal);
        } catch (error) {
          if (!(error instanceof Ec2Error && error.meaning === 'capacity')) throw error;
          log(`node ${plan.node}: no ${plan.type} (${market}) in ${zone.name}: ${error.code}`);
          order.exhausted(zone);
          last = error;
        }
      }
    }
  }
  const zones = order.zones.map(({ name }) => name).join(', ');
  throw new ShakedownError(
    {
      message: `no zone had an instance of type ${plan.type} left for ${plan.name} (${zones}): ${last?.code}`,
      phase: 'machines',
      hint: "choose another 'type' or 'region', or try later",
    },
    { cause: last },
  );
}

/**
 * Repeats what was throttled, or whose answer did not come: EC2 makes nothing twice for one ClientToken
 * (docs.aws.amazon.com/ec2, "Ensuring idempotency in Amazon EC2 API requests"), and clouds that ignore that
 * are asked whether the instance is there before it is asked for again.
 */
async function runOnce(
  plan: InstancePlan,
  zone: Zone,
  attempt: { readonly market: Market; readonly round: number },
  api: Ec2Api,
  signal: AbortSignal,
): Promise<OwnInstance> {
  const request = runRequest(plan, zone, attempt);
  for (let count = 1; ; count++) {
    try {
      const { Instances = [] } = await eventually(unknownYet, api, signal, () =>
        api.call(
          `launch ${plan.name}`,
          signal,
          (ec2, options) => ec2.runInstances(request, options),
          api.once,
        ),
      );
      const [made] = Instances.flatMap(ownInstance);
      if (made) return made;
      throw new Ec2Error('NoInstance', 'refused', { message: `${plan.name} was launched, and is not there` });
    } catch (error) {
      if (!(error instanceof Ec2Error)) throw error;
      const { meaning } = error;
      // The token was used by an earlier create: its instance is there, or will be.
      if (error.code === 'IdempotentParameterMismatch') {
        return await eventually(/^IdempotentParameterMismatch$/, api, signal, async () => {
          const found = await launched(plan, api, signal);
          if (found) return found;
          throw error;
        });
      }
      if (meaning !== 'unsure' && meaning !== 'throttled') throw error;
      const found = meaning === 'unsure' ? await launched(plan, api, signal) : undefined;
      if (found) return found;
      if (count >= tries[meaning]) throw error;
    }
    await sleep(Math.random() * Math.min(20_000, 500 * 2 ** count), undefined, { signal });
  }
}

/** The instance of a node, as far as its tags tell. */
async function launched(
  { cluster, node }: InstancePlan,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<OwnInstance | undefined> {
  return (await instancesOf(cluster, api, signal)).find((each) => each.node === node);
}
