import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../common/errors.ts';
import type { Ec2Api } from './ec2-api.ts';
import { Ec2Error } from './ec2-error.ts';
import { instancesOf, type OwnInstance, ownInstance } from './instances.ts';
import { type InstancePlan, type Market, runRequest } from './run-request.ts';
import type { Zone } from './zones.ts';

const rounds = 3;
const tries = 8;

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
 * Launches one instance: on the spot market first if that is wanted, in whichever zone has capacity, at most once.
 * `log` is told what did not work at first. Throws ShakedownError.
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
 * (docs.aws.amazon.com/ec2, "Ensuring idempotency in Amazon EC2 API requests"), and clouds that ignore that are asked
 * whether the instance is there before it is asked for again.
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
      const { Instances = [] } = await api.call(
        `launch ${plan.name}`,
        signal,
        (ec2, options) => ec2.runInstances(request, options),
        api.once,
      );
      const [made] = Instances.flatMap(ownInstance);
      if (made) return made;
      throw new Ec2Error('NoInstance', 'refused', { message: `${plan.name} was launched, and is not there` });
    } catch (error) {
      if (!(error instanceof Ec2Error)) throw error;
      const mismatch = error.code === 'IdempotentParameterMismatch';
      if (error.meaning === 'unsure' || mismatch) {
        const found = (await instancesOf(plan.cluster, api, signal)).find(({ node }) => node === plan.node);
        if (found) return found;
      }
      if (count >= tries || mismatch || !['unsure', 'throttled'].includes(error.meaning)) throw error;
    }
    await sleep(Math.random() * Math.min(20_000, 500 * 2 ** count), undefined, { signal });
  }
}
