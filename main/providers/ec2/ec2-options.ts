import { z } from 'zod';
import { releaseNamed } from '../debian/releases.ts';
import { countOrNodes, countOrNodesMessage, machineFields } from '../machine-options.ts';
import { parsedOptions } from '../parsed-options.ts';

const least = 5 * 60;
const most = 30 * 24 * 3600;
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

const duration = z
  .union([z.number().int(), z.string().regex(/^\d+[smhd]$/, 'expected seconds, or such as 90m, 4h, 2d')])
  .refine((value) => seconds(value) >= least && seconds(value) <= most, 'expected 5m to 30d');

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,32}$`), `expected an id such as ${prefix}-0a1b2c3d`);

const cidr = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, 'expected a network such as 203.0.113.7/32');

export const ec2OptionsSchema = z
  .strictObject({
    ...machineFields,
    /** Without it AWS_REGION, or the region of the profile. */
    region: z
      .string()
      .regex(/^[a-z0-9-]+$/, 'expected a region such as eu-central-1')
      .optional(),
    /** Of a compatible cloud; without it AWS_ENDPOINT_URL_EC2, or Amazon's own. */
    endpoint: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).optional(),
    /** In ~/.aws/config; without it AWS_PROFILE. */
    profile: z.string().min(1).optional(),
    /**
     * An id (`ami-…`) or a name with `*` and `?`, of which the newest is taken; without it `os` says which.
     */
    image: z.string().min(1).optional(),
    /** Whose image, where `image` is a name: an account's number, `self` or `amazon`. */
    imageOwner: z.string().min(1).default('self'),
    type: z
      .string()
      .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'expected an instance type such as t3.small')
      .default('t3.small'),
    /** One or more, of one VPC; without it the default VPC's. */
    subnet: z.union([id('subnet'), z.array(id('subnet')).min(1)]).optional(),
    /** One that exists and lets the main host in; without it one is made for the cluster. */
    securityGroup: id('sg').optional(),
    /** Who may connect, in a group that we make; without it this main host alone. */
    allowFrom: z.array(cidr).min(1).optional(),
    /** Spot instances where they can be had, for at most `maxPrice` USD an hour each; else on demand. */
    spot: z.union([z.boolean(), z.strictObject({ maxPrice: z.number().positive() })]).default(false),
    /** Past it the instances end themselves, whatever became of the main host. */
    expiresAfter: duration.default('4h'),
    /** Who logs in; made where the image has no such user. */
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'expected the name of a user')
      .optional(),
    /** Those under which instances are reached: public where they have one, else private, unless told. */
    addresses: z.enum(['public', 'private']).optional(),
    /** USD for one instance on demand, to be told; spot prices are asked of EC2. */
    pricePerHour: z.number().positive().optional(),
  })
  .refine(countOrNodes, countOrNodesMessage);

/** What `ec2({…})` takes. */
export type Ec2Options = z.input<typeof ec2OptionsSchema>;
export type Ec2Settings = z.output<typeof ec2OptionsSchema>;

/**
 * Instances in Amazon EC2 or a cloud with its API: `ec2({ count: 3, region:
 * 'eu-central-1', type: 't3.small' })`.
 */
export const ec2 = (options: Ec2Options): { provider: 'ec2'; options: Ec2Options } => ({
  provider: 'ec2',
  options,
});

/** `4h` in seconds. */
export function seconds(value: number | string): number {
  if (typeof value === 'number') return value;
  return Number(value.slice(0, -1)) * (unitSeconds[value.slice(-1)] ?? 1);
}

/**
 * The options as they were validated. Throws UsageError with every mistake in
 * them, and for a release that is not known.
 */
export function settingsOf(options: unknown): Ec2Settings {
  const settings = parsedOptions('ec2', ec2OptionsSchema, options);
  const { image, os, nodes = [] } = settings;
  if (image === undefined) for (const each of [{ os }, ...nodes]) releaseNamed(each.os ?? os);
  return settings;
}

/** Who logs in: the run's user, or the options', or root, who may because the user data says so. */
export const userOf = ({ user }: { readonly user?: string }, settings: Pick<Ec2Settings, 'user'>): string =>
  user ?? settings.user ?? 'root';
