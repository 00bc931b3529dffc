import { asShakedownError } from '../../../common/errors.ts';
import { chooseAmong, type Probed } from '../../providers/choose.ts';
import type { Provider } from '../../providers/provider.ts';
import { everyProvider } from '../../providers/registry.ts';
import { findClusters } from '../../run/reap/found-clusters.ts';
import { openLedgers } from '../../store/file-ledger.ts';
import { virtDirectory } from '../../virt/server-ledger.ts';
import type { Command, CommandEnvironment } from '../command.ts';
import { type Finding, mainHostFindings } from './doctor-host.ts';

export const doctorCommandOf =
  (kinds: typeof everyProvider): Command =>
  async (_args, options, environment) => {
    const providers = await kinds();
    const findings = [
      ...mainHostFindings(environment),
      ...(await providersHere(providers, environment)),
      ...(await leftovers(providers, environment)),
    ];
    if (options.json) environment.stdout.write(`${JSON.stringify(findings)}\n`);
    else for (const finding of findings) environment.stdout.write(text(finding));
    return findings.some((finding) => finding.needed && !finding.ok) ? 3 : 0;
  };

export const doctorCommand = doctorCommandOf(everyProvider);

function text({ ok, needed, name, found, mend }: Finding): string {
  const mark = ok ? '✓' : needed ? '✗' : '!';
  return `${mark} ${name}: ${found}\n${mend && !ok ? `    mend: ${mend}\n` : ''}`;
}

async function providersHere(
  providers: readonly Provider[],
  { signal, cacheDir }: CommandEnvironment,
): Promise<Finding[]> {
  const probed = await Promise.all(
    providers.map(async (provider) => ({
      name: provider.name,
      probe: await provider.probe({ signal, cacheDir }),
    })),
  );
  return [...probed.map(aboutProvider), newScenario(probed)];
}

function aboutProvider({ name, probe }: Probed): Finding {
  const { ok, note, lacks, reason = 'does not work', missingPackages = [] } = probe;
  const mend = missingPackages.length > 0 ? `apt-get install ${missingPackages.join(' ')}` : undefined;
  return {
    name: `provider ${name}`,
    ok,
    needed: false,
    found: ok ? ['works', note, lacks].filter(Boolean).join(', ') : reason,
    ...(mend === undefined ? {} : { mend }),
  };
}

/** Which kind of machine a scenario gets that leaves it open, and why. */
function newScenario(probed: readonly Probed[]): Finding {
  const name = 'a new scenario';
  try {
    const { provider, why = `the nodes are ${provider} machines` } = chooseAmong(probed);
    return { name, ok: true, needed: false, found: why };
  } catch (error) {
    const { message, hint } = asShakedownError(error).details;
    // Each kind's own reason stands in the lines above.
    const found = message.split('\n')[0] ?? message;
    return { name, ok: false, needed: false, found, ...(hint === undefined ? {} : { mend: hint }) };
  }
}

async function leftovers(
  providers: readonly Provider[],
  { cwd, signal, cacheDir }: CommandEnvironment,
): Promise<Finding[]> {
  const ledgers = (await openLedgers(cwd)).filter((ledger) => !ledger.ownerAlive);
  const folders = [cwd, virtDirectory(cacheDir)];
  const listed = await Promise.all(
    // One that cannot even look is told as a provider that does not work.
    providers.map((provider) => findClusters(provider, { signal, cacheDir, folders }).catch(() => [])),
  );
  const orphans = listed.flat().filter(({ cluster }) => !cluster.ownerAlive && !cluster.kept);
  const elsewhere = orphans.filter(({ here }) => !here).length;
  const ok = ledgers.length + orphans.length === 0;
  const found = ok
    ? 'none'
    : `${ledgers.length} runs here and ${orphans.length} clusters of killed processes` +
      (elsewhere > 0 ? `, ${elsewhere} of them of other folders` : '');
  const mend = `shakedown reap${elsewhere > 0 ? ' --all' : ''}`;
  return [{ name: 'leftovers', ok, needed: false, found, mend }];
}
