import { ShakedownError } from '../../common/errors.ts';
import type { ProbeResult, Provider } from './provider.ts';
import { providerNamed } from './registry.ts';

/** Kinds of machine that this main host can make by itself, the one to prefer first: the quickest. */
const local = ['nspawn', 'docker', 'qemu'];

/** What was found of one kind of machine. */
export interface Probed {
  readonly name: string;
  readonly probe: ProbeResult;
}

/** The best kind of machine here and, where that is not the first choice, a sentence that says why. */
export interface Choice {
  readonly provider: string;
  readonly why?: string;
}

/** Looks at the kinds of machine, and chooses. Throws as `chooseAmong`. */
export async function chooseProvider(
  ctx: Parameters<Provider['probe']>[0],
  among: () => Promise<readonly Provider[]> = () => Promise.all(local.map(providerNamed)),
): Promise<Choice> {
  const probed = (await among()).map(async (provider) => ({
    name: provider.name,
    probe: await provider.probe(ctx),
  }));
  return chooseAmong(await Promise.all(probed));
}

/**
 * The quickest kind whose machines have all that scenarios count on; where there is none, the quickest that
 * works. Throws ShakedownError with every reason and how to mend it when none works.
 */
export function chooseAmong(all: readonly Probed[]): Choice {
  const probed = local.flatMap((name) => all.filter((each) => each.name === name));
  const works = probed.filter(({ probe }) => probe.ok);
  const found = works.find(({ probe }) => probe.lacks === undefined) ?? works[0];
  if (!found) {
    throw new ShakedownError({
      message: `No kind of machine can be made on this main host.\n${probed
        .map(({ name, probe }) => `${name}: ${reason(probe)}`)
        .join('\n')}`,
      hint: `${mend(probed) ?? "'shakedown doctor' says how to mend it"}; or use machines that exist: --nodes a,b,c`,
    });
  }
  const { lacks } = found.probe;
  // What would be better: all that is quicker, and if this one lacks something also what would not.
  const better = probed.filter(
    (each) => each !== found && (lacks !== undefined || probed.indexOf(each) < probed.indexOf(found)),
  );
  if (better.length === 0 && lacks === undefined) return { provider: found.name };
  const reasons = better.map(({ name, probe }) =>
    probe.ok ? `${name} machines have ${probe.lacks}` : `${name} does not work here (${reason(probe)})`,
  );
  const what = lacks === undefined ? '' : `, and have ${lacks}; a service needs a 'command' on them`;
  return { provider: found.name, why: `the nodes are ${found.name} machines${what}: ${reasons.join('; ')}` };
}

const reason = (probe: ProbeResult): string => probe.reason ?? 'no reason given';

/**
 * The packages of the first kind that packages alone would mend; rather one whose machines then lack
 * nothing.
 */
function mend(probed: readonly Probed[]): string | undefined {
  const mendable = probed
    .map(({ probe }) => probe)
    .filter(({ missingPackages = [] }) => missingPackages.length > 0);
  const { missingPackages } = mendable.find(({ lacks }) => lacks === undefined) ?? mendable[0] ?? {};
  return missingPackages && `apt-get install ${missingPackages.join(' ')}`;
}
