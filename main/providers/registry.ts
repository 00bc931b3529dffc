import { UsageError } from '../../common/errors.ts';
import type { Provider } from './provider.ts';

/**
 * Each kind of machine, the one to prefer first. Most commands need one of them: what it is made of is
 * loaded then.
 */
const kindsOfMachine: Readonly<Record<string, () => Promise<Provider>>> = {
  nspawn: async () => new (await import('./nspawn/nspawn-provider.ts')).NspawnProvider(),
  docker: async () => new (await import('./docker/docker-provider.ts')).DockerProvider(),
  qemu: async () => new (await import('./qemu/qemu-provider.ts')).QemuProvider(),
  ssh: async () => new (await import('./ssh/ssh-provider.ts')).SshProvider(),
  vagrant: async () => new (await import('./vagrant/vagrant-provider.ts')).VagrantProvider(),
  ec2: async () => new (await import('./ec2/ec2-provider.ts')).Ec2Provider(),
};

/** Every provider there is: one for each kind, and the one that puts several kinds together. */
const makers: typeof kindsOfMachine = {
  ...kindsOfMachine,
  mixed: async () =>
    new (await import('./mixed/mixed-provider.ts')).MixedProvider(
      await Promise.all(Object.keys(kindsOfMachine).map(providerNamed)),
    ),
};

const made = new Map<string, Promise<Provider>>();

/** The provider of that name, the same one each time; UsageError lists the names there are. */
export async function providerNamed(name: string): Promise<Provider> {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (!make) {
    throw new UsageError(`There is no provider '${name}'; there are: ${Object.keys(makers).join(', ')}.`);
  }
  const provider = made.get(name) ?? make();
  made.set(name, provider);
  return provider;
}

/** Every provider there is, the one to prefer first and `mixed` last. */
export const everyProvider = (): Promise<readonly Provider[]> =>
  Promise.all(Object.keys(makers).map(providerNamed));
