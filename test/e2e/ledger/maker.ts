// A process that makes or destroys one machine, to be killed while it does:
// `node maker.ts create|destroy PLAN`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from '../../../common/processes/process-identity.ts';
import type { RunContext } from '../../../main/context/run-context.ts';
import { providerNamed } from '../../../main/providers/registry.ts';
import { makeMachines } from '../../../main/run/machines/make-machines.ts';
import { FileLedger } from '../../../main/store/file-ledger.ts';
import { runsDirectory } from '../../../main/store/run-folders.ts';

/** What a maker is told, as JSON. */
export interface MakerPlan {
  readonly kind: string;
  readonly id: string;
  readonly options: object;
  /** Where its run's ledger lies, in `.shakedown/`. */
  readonly directory: string;
  readonly cacheDir: string;
}

async function main([action = '', json = '']: readonly string[]): Promise<void> {
  const plan: MakerPlan = JSON.parse(json);
  const { kind, id, options, directory, cacheDir } = plan;
  const run = join(runsDirectory(directory), id);
  mkdirSync(run, { recursive: true });
  const provider = await providerNamed(kind);
  const ctx: RunContext = {
    signal: new AbortController().signal,
    emit: () => undefined,
    log: () => undefined,
    clock: Date.now,
    cacheDir,
    ledger: new FileLedger(run),
  };
  console.log('begins');
  if (action === 'destroy') {
    await provider.destroy({ id }, ctx);
  } else {
    writeFileSync(join(run, 'owner.json'), JSON.stringify(processIdentity()));
    const wanted = { machines: [{ id: 0, name: 'n0' }], options, login: {} };
    await makeMachines(
      id,
      wanted,
      provider,
      { of: { folder: directory, run: id }, shares: [], rebuild: false },
      ctx,
    );
  }
  console.log('done');
  if (action === 'create') setInterval(() => undefined, 1000);
}

if (import.meta.main) await main(process.argv.slice(2));
