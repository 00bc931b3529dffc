import { ShakedownError } from '../../../../common/errors.ts';
import { present } from '../../../../common/present.ts';
import type { Login, Machine, MachineSpec } from '../../provider.ts';
import type { OwnInstance } from './instances.ts';

type Addresses = 'public' | 'private' | undefined;
type User = Login & { readonly user: string };

/** Under which address ssh reaches an instance: the public one if it has one and none other is asked for. */
export function hostOf(instance: OwnInstance, addresses: Addresses): string {
  const { publicAddress, privateAddress } = instance;
  const host = addresses === 'private' ? privateAddress : (publicAddress ?? privateAddress);
  if (host !== undefined && !(addresses === 'public' && publicAddress === undefined)) return host;
  throw new ShakedownError({
    message: `instance ${instance.id} has no ${addresses ?? ''} address`,
    phase: 'machines',
    node: instance.node,
    hint: "choose a subnet that gives public addresses, or addresses: 'private' from within the VPC",
  });
}

/**
 * The address for all: inside its VPC a public DNS name gives the private address, which the instance itself
 * has, and outside the public one (docs.aws.amazon.com/vpc, "DNS attributes for your VPC").
 */
function addressOf(instance: OwnInstance, addresses: Addresses): string {
  const host = hostOf(instance, addresses);
  return host === instance.publicAddress ? (instance.publicDns ?? host) : host;
}

/** Public addresses under which instances have to reach one another: their VPC gives out no DNS names. */
export const publicAlone = (instances: readonly OwnInstance[], addresses: Addresses): readonly string[] =>
  instances.flatMap((instance) => {
    const { publicAddress } = instance;
    return publicAddress !== undefined && addressOf(instance, addresses) === publicAddress
      ? [publicAddress]
      : [];
  });

/** A machine as its instance turned out; its host key is the one that its user data has. */
export function machineOf(
  machine: MachineSpec,
  instances: readonly OwnInstance[],
  { user, keyFile }: User,
  addresses: Addresses,
): Machine {
  const instance = instances.find(({ node }) => node === machine.id);
  if (!instance) throw new Error(`no instance for ${machine.name}`);
  const { hostKey } = instance;
  return {
    ...machine,
    address: addressOf(instance, addresses),
    ssh: {
      host: hostOf(instance, addresses),
      port: 22,
      user,
      ...present({ keyFile, hostKey }),
    },
  };
}

/** Addresses for documentation (RFC 5737): the true ones come with the instances. */
export function previewMachine(machine: MachineSpec, user: string, { keyFile }: Login): Machine {
  const address = `203.0.113.${machine.id + 1}`;
  const ssh = { host: address, port: 22, user, ...present({ keyFile }) };
  return { ...machine, address, ssh };
}
