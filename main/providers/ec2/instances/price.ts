import type { RunContext } from '../../../context/run-context.ts';
import { describeCloud } from '../api/cloud.ts';
import type { Ec2Api } from '../api/ec2-api.ts';
import type { Ec2Settings } from '../ec2-options.ts';
import type { OwnInstance } from './instances.ts';

/** Tells what the instances are, what they cost and when they end, in a sentence. */
export async function tellCost(
  instances: readonly OwnInstance[],
  settings: Pick<Ec2Settings, 'type' | 'pricePerHour'>,
  expires: Date,
  api: Ec2Api,
  { signal, emit, log }: Pick<RunContext, 'signal' | 'emit' | 'log'>,
): Promise<void> {
  const many = `${instances.length} ${settings.type} in ${describeCloud(api.cloud)}`;
  const price = await describePrice(instances, settings, api, signal);
  const message = `${many}: ${price}; they end themselves at ${expires.toISOString()}`;
  emit({ type: 'note', phase: 'machines', message });
  log(message);
}

/**
 * What the instances cost, as far as it is known: spot prices by EC2's own word
 * (API_DescribeSpotPriceHistory), those on demand by the config's.
 */
async function describePrice(
  instances: readonly OwnInstance[],
  { type, pricePerHour }: Pick<Ec2Settings, 'type' | 'pricePerHour'>,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<string> {
  const zones = [...new Set(instances.filter(({ spot }) => spot).map(({ zone }) => zone))];
  const spot = new Map<string, number>();
  for (const zone of zones) {
    const price = await spotPrice(type, zone, api, signal);
    if (price !== undefined) spot.set(zone, price);
  }
  const prices = instances.map((each) => (each.spot ? spot.get(each.zone) : pricePerHour));
  const known = prices.filter((price) => price !== undefined);
  if (known.length === 0) return 'price not known (pricePerHour can tell it)';
  const sum = known.reduce((one, other) => one + other, 0);
  const rest = prices.length - known.length;
  return `${usd(sum)} an hour${rest > 0 ? ` and ${rest} at a price not known` : ''}, disks and traffic not counted`;
}

const usd = (amount: number): string => `${Number(amount.toPrecision(3))} USD`;

async function spotPrice(
  type: string,
  zone: string,
  api: Ec2Api,
  signal: AbortSignal,
): Promise<number | undefined> {
  const request = {
    InstanceTypes: [type as 't3.small'],
    AvailabilityZone: zone,
    ProductDescriptions: ['Linux/UNIX', 'Linux/UNIX (Amazon VPC)'],
    StartTime: new Date(),
  };
  const pages = await api
    .pages('tell spot prices', signal, (config, options) =>
      api.sdk.paginateDescribeSpotPriceHistory(config, request, options),
    )
    .catch(() => []);
  signal.throwIfAborted();
  const prices = pages.flatMap(({ SpotPriceHistory = [] }) => SpotPriceHistory);
  const [newest] = prices.toSorted((one, other) => time(other) - time(one));
  const price = Number(newest?.SpotPrice);
  return price > 0 ? price : undefined;
}

const time = ({ Timestamp }: { readonly Timestamp?: Date | undefined }): number => Timestamp?.getTime() ?? 0;
