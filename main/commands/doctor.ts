import { existsSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { asShakedownError } from '../../common/errors.ts';
import { chooseAmong, type Probed } from '../providers/choose.ts';
import { providers } from '../providers/registry.ts';
import { openLedgers } from '../store/file-ledger.ts';
import type { Command, CommandEnvironment } from './command.ts';

/** One thing that was looked at. */
interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** Without it nothing works. */
  readonly needed: boolean;
  readonly found: string;
  readonly mend?: string;
}

export const doctorCommand: Command = {
  name: 'doctor',
  args: '',
  description: 'Check this machine, and say how to mend what is missing',
  options: [['--json', 'As JSON']],
  async run(_args, options, environment) {
    const findings = [
      nodeVersion(),
      sshCrypto(),
      ...diskSpace(environment),
      memory(),
      ...(await providersHere(environment)),
      ...(await leftovers(environment)),
    ];
    if (options.json) environment.stdout.write(`${JSON.stringify(findings)}\n`);
    else for (const finding of findings) environment.stdout.write(text(finding));
    return findings.some((finding) => finding.needed && !finding.ok) ? 3 : 0;
  },
};

function text({ ok, needed, name, found, mend }: Finding): string {
  const mark = ok ? '✓' : needed ? '✗' : '!';
  return `${mark} ${name}: ${found}\n${mend && !ok ? `    mend: ${mend}\n` : ''}`;
}

const nodeVersion = (): Finding => ({
  name: 'Node',
  ok: true,
  needed: true,
  found: `${process.version} (${process.execPath})`,
});

/** ssh2 falls back from its native crypto to JavaScript without a word; that costs half of the speed or more. */
function sshCrypto(): Finding {
  const require = createRequire(import.meta.url);
  try {
    require('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return { name: 'ssh2 crypto', ok: true, needed: false, found: 'native' };
  } catch {
    const headers = [`node_modules/node-linux-${process.arch}`, dirname(dirname(process.execPath))];
    const found = headers.find((directory) => existsSync(`${directory}/include/node`));
    const nodedir = found === undefined ? '' : ` --nodedir=${found}`;
    return {
      name: 'ssh2 crypto',
      ok: false,
      needed: false,
      found: 'JavaScript, the slow one',
      mend: `apt-get install python3 make g++ && npm rebuild ssh2 cpu-features${nodedir}`,
    };
  }
}

function diskSpace({ cacheDir, cwd }: CommandEnvironment): Finding[] {
  return [
    ['disk for the cache', existing(cacheDir)],
    ['disk here', cwd],
  ].map(([name = '', path = '/']) => {
    const { bavail, bsize } = statfsSync(path);
    const free = (bavail * bsize) / 1024 ** 3;
    return {
      name,
      ok: free > 2,
      needed: false,
      found: `${free.toFixed(1)} GiB free in ${path}`,
      mend: 'make room: 2 GiB are little',
    };
  });
}

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)));

function memory(): Finding {
  const [free, all] = [freemem(), totalmem()].map((bytes) => (bytes / 1024 ** 3).toFixed(1));
  return {
    name: 'memory',
    ok: freemem() > 512 * 1024 ** 2,
    needed: false,
    found: `${free} of ${all} GiB free`,
    mend: 'a small node takes 50 MiB, a real service more',
  };
}

async function providersHere({ signal, cacheDir }: CommandEnvironment): Promise<Finding[]> {
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

async function leftovers({ cwd, signal, cacheDir }: CommandEnvironment): Promise<Finding[]> {
  const ledgers = (await openLedgers(cwd)).filter((ledger) => !ledger.ownerAlive);
  const listed = await Promise.all(
    // One that cannot even look is told as a provider that does not work.
    providers.map((provider) => provider.list({ signal, cacheDir }).catch(() => [])),
  );
  const orphans = listed.flat().filter((cluster) => !cluster.ownerAlive && !cluster.kept);
  const ok = ledgers.length + orphans.length === 0;
  const found = ok
    ? 'none'
    : `${ledgers.length} runs here and ${orphans.length} clusters of killed processes`;
  return [{ name: 'leftovers', ok, needed: false, found, mend: 'shakedown reap' }];
}
