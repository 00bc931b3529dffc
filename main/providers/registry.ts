import { UsageError } from '../../common/errors.ts';
import { DockerProvider } from './docker/docker-provider.ts';
import { Ec2Provider } from './ec2/ec2-provider.ts';
import { MixedProvider } from './mixed/mixed-provider.ts';
import { NspawnProvider } from './nspawn/nspawn-provider.ts';
import type { Provider } from './provider.ts';
import { QemuProvider } from './qemu/qemu-provider.ts';
import { SshProvider } from './ssh/ssh-provider.ts';
import { VagrantProvider } from './vagrant/vagrant-provider.ts';

/** Kinds of machine, the one to prefer first. */
const kindsOfMachine: readonly Provider[] = [
  new NspawnProvider(),
  new DockerProvider(),
  new QemuProvider(),
  new SshProvider(),
  new VagrantProvider(),
  new Ec2Provider(),
];

/** Every provider there is: one for each kind, and the one that puts several kinds together. */
export const providers: readonly Provider[] = [...kindsOfMachine, new MixedProvider(kindsOfMachine)];

/** The provider of that name; UsageError lists the names there are. */
export function providerNamed(name: string): Provider {
  const found = providers.find((provider) => provider.name === name);
  if (found) return found;
  const names = providers.map((provider) => provider.name).join(', ');
  throw new UsageError(`There is no provider '${name}'; there are: ${names}.`);
}
