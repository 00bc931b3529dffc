import { ShakedownError } from '../../common/errors.ts';
import type { ProbeResult, Provider } from './provider.ts';
import { providers } from './registry.ts';

/** Kinds of machine that this main host can make by itself, the one to prefer first: the quickest. */
const local = ['nspawn', 'docker', 'qemu'];

/**
 * The best kind of machine that works on this main host, and, where that is not the first choice, a sentence that says
 * why. Throws ShakedownError with every reason and how to mend it when none works.
 */
export async function chooseProvider(
  ctx: Parameters<Provider['probe']>[0],
  among: readonly Provider[] = providers,
): Promise<{ readonly provider: string; readonly why?: string }> {
  const candidates = local.flatMap((name) => among.filter((provider) => provider.name === name));
  const probed = await Promise.all(
    candidates.map(async ({ name }, index) => ({ name, probe: await candidates[index]?.probe(ctx) })),
  );
  const found = probed.find(({ probe }) => probe?.ok);
  const failed = probed.filter(({ probe }) => !probe?.ok);
  if (!found) {
    throw new ShakedownError({
      message: `No kind of machine can be made on this main host.\n${failed
        .map(({ name, probe }) => `${name}: ${reason(probe)}`)
        .join('\n')}`,
      hint: `${mend(failed.map(({ probe }) => probe))}; or use machines that exist: --nodes a,b,c`,
    });
  }
  const better = failed.filter(({ name }) => local.indexOf(name) < local.indexOf(found.name));
  if (better.length === 0) return { provider: found.name };
  const reasons = better.map(({ name, probe }) => `${name} does not work here (${reason(probe)})`);
  return { provider: found.name, why: `the nodes are ${found.name} machines: ${reasons.join('; ')}` };
}

const reason = (probe: ProbeResult | undefined): string => probe?.reason ?? 'no reason given';

/** The packages of the first kind that packages alone would mend. */
function mend(probes: readonly (ProbeResult | undefined)[]): string {
  const packages = probes.find((probe) => probe?.missingPackages?.length)?.missingPackages;
  return packages ? `apt-get install ${packages.join(' ')}` : "'shakedown doctor' says how to mend it";
}
