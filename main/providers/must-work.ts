import { ShakedownError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { Provider } from './provider.ts';

/** Throws ShakedownError where the provider cannot make machines on this main host, with what to install. */
export async function mustWork(
  provider: Pick<Provider, 'name' | 'probe'>,
  ctx: Parameters<Provider['probe']>[0],
): Promise<void> {
  const { ok, reason, missingPackages = [] } = await provider.probe(ctx);
  if (ok) return;
  const install = missingPackages.length > 0 ? `apt-get install ${missingPackages.join(' ')}` : undefined;
  throw new ShakedownError({
    message: `${provider.name} does not work here: ${reason}`,
    ...present({ hint: install }),
  });
}
