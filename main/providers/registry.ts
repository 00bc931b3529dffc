import { UsageError } from '../../common/errors.ts';
import { NspawnProvider } from './nspawn/nspawn-provider.ts';
import type { Provider } from './provider.ts';
import { SshProvider } from './ssh/ssh-provider.ts';
import { VagrantProvider } from './vagrant/vagrant-provider.ts';

/** Every kind of machine that there is, the one to prefer first. */
export const providers: readonly Provider[] = [
  new NspawnProvider(),
  new SshProvider(),
  new VagrantProvider(),
];

/** The provider of that name; UsageError lists the names there are. */
export function providerNamed(name: string): Provider {
  const found = providers.find((provider) => provider.name === name);
  if (found) return found;
  const names = providers.map((provider) => provider.name).join(', ');
  throw new UsageError(`There is no provider '${name}'; there are: ${names}.`);
}
