import { join, resolve } from 'node:path';
import { InterruptedError, ShakedownError, UsageError } from '../../common/errors.ts';
import { eventsVersion } from '../../common/events.ts';
import { startAgent } from '../agent/start-agent.ts';
import type { Connector } from '../cluster/connector.ts';
import { type OpenRun, openRun } from '../open-run.ts';
import { chooseProvider } from '../providers/choose.ts';
import type { Machine, Provider } from '../providers/provider.ts';
import { providerNamed } from '../providers/registry.ts';
import { connectSsh } from '../remotes/ssh-remote.ts';
import { runInFolder } from '../run/run-in-folder.ts';
import { cacheDirectory } from '../store/cache-directory.mjs';
import { pruneRuns } from '../store/prune-runs.ts';
import { keepClusters } from './keep-clusters.ts';
import type { Cell } from './machine-cells.ts';
import { cellsOf, longestRun, planScript, type ScriptPlan } from './plan-script.ts';
import { prefixedOutputs } from './prefixed-output.ts';
import { type CellContext, runCell } from './run-cell.ts';
import type { ScriptMachine, ScriptOptions } from './script-options.ts';
import { scriptRun, writeReports } from './script-record.ts';
import type { ScriptResult, ScriptRun } from './script-result.ts';

/** What a script reaches outside; replaced in tests. */
export interface ScriptWorld {
  readonly provider: (name: string) => Promise<Provider>;
  readonly connector: Connector;
  readonly choose: typeof chooseProvider;
}

const realWorld: ScriptWorld = {
  provider: providerNamed,
  connector: { connect: connectSsh, startAgent },
  choose: chooseProvider,
};

/** See `runScript` in script.ts. */
export async function runScript(
  { machine = {}, ...options }: ScriptOptions & { readonly machine?: ScriptMachine },
  world: ScriptWorld = realWorld,
): Promise<ScriptResult> {
  if ((machine.count ?? 1) !== 1) {
    throw new UsageError('runScript is for one machine.', { hint: 'runScriptOnEach({ machines: […] })' });
  }
  const run = await runScriptOnEach({ ...options, machines: [machine] }, world);
  const [failure] = run.failures;
  const result = run.machines[0]?.result;
  if (run.interrupted) throw new InterruptedError();
  if (failure || !result) throw new ShakedownError(failure ?? { message: 'there is no machine' });
  return result;
}

/** See `runScriptOnEach` in script.ts. */
export async function runScriptOnEach(
  options: ScriptOptions & { readonly machines?: readonly ScriptMachine[] },
  world: ScriptWorld = realWorld,
): Promise<ScriptRun> {
  const directory = resolve(options.directory ?? '.');
  const { onNote = () => undefined, keep = 'never' } = options;
  const plan = planScript(options, directory);
  const outside = outsideOf(options);
  const cells = await cellsOf(options.machines ?? [{}], directory, async () => {
    const { provider, why } = await world.choose(outside);
    if (why !== undefined) onNote(why);
    return provider;
  });
  await lookAhead(cells, options, world);
  const face = {
    handle: (event: { type: string; message?: string }) => {
      if (event.type === 'note' && event.message !== undefined) onNote(event.message);
    },
    close: () => undefined,
  };
  const keeps = keep !== 'never';
  const folder = { alone: keeps, kept: keeps ? 'take-down' : 'leave', tell: onNote } as const;
  return await runInFolder({ ...outside, ...world, directory }, folder, async () => {
    await using open = await openRun({ ...outside, directory, clock: Date.now, face }, longestRun);
    return await runCells({ plan, cells, directory, options, world, open });
  });
}

interface CellsRun {
  readonly plan: ScriptPlan;
  readonly cells: readonly Cell[];
  readonly directory: string;
  readonly options: ScriptOptions;
  readonly world: ScriptWorld;
  readonly open: OpenRun;
}

async function runCells({ plan, cells, directory, options, world, open }: CellsRun): Promise<ScriptRun> {
  const { store, emit, recorder } = open;
  emit({
    type: 'run-started',
    eventsVersion,
    run: store.id,
    scenario: plan.name,
    directory: store.directory,
  });
  const names = cells.flatMap(({ machines }) => machines.map(({ name }) => name));
  const many = names.length > 1;
  const stdouts = many && options.stdout ? prefixedOutputs(names, options.stdout) : [options.stdout];
  const stderrs = many && options.stderr ? prefixedOutputs(names, options.stderr) : [options.stderr];
  const context: CellContext = {
    // One terminal cannot be that of several scripts.
    plan: many && plan.task.tty ? { ...plan, task: { ...plan.task, tty: true } } : plan,
    ...{ open, connector: world.connector, rebuild: options.rebuild === true },
    login: loginOf(options, directory),
    outputs: (machine) => ({ stdout: stdouts[machine], stderr: stderrs[machine], own: many }),
    out: (machine) => outOf(machine, plan, many) ?? join(store.nodeDirectory(machine.id), 'files'),
  };
  const ends = await Promise.all(
    cells.map(async (cell) => runCell(cell, await world.provider(cell.provider), context)),
  );
  if (many) for (const output of [...stdouts, ...stderrs]) output?.end();
  await keepClusters(ends, { directory, run: store.id, open, world });
  const run = scriptRun(open, ends);
  await writeReports(plan.name, directory, run, ends, open);
  const { verdict, exitCode } = run;
  emit({ type: 'run-ended', verdict, exitCode, durationMs: Date.now() - recorder.startedAt });
  await pruneRuns(directory, { count: 20, days: 30, clock: Date.now }).catch(() => undefined);
  if (recorder.usage) throw recorder.usage;
  return run;
}

function outsideOf({ signal, hurry, cacheDir }: ScriptOptions) {
  const never = new AbortController().signal;
  return {
    signal: signal ?? never,
    hurry: hurry ?? never,
    cacheDir: cacheDir ?? cacheDirectory(process.env),
  };
}

const loginOf = ({ user, key }: ScriptOptions, directory: string) => ({
  ...(user === undefined ? {} : { user }),
  ...(key === undefined ? {} : { keyFile: resolve(directory, key) }),
});

const outOf = (machine: Machine, { out }: ScriptPlan, many: boolean): string | undefined =>
  out !== undefined && many ? join(out, machine.name) : out;

/** Finds what only the providers know to be wrong before there is a machine. */
async function lookAhead(cells: readonly Cell[], options: ScriptOptions, world: ScriptWorld): Promise<void> {
  const login = loginOf(options, resolve(options.directory ?? '.'));
  for (const { provider, machines, options: wanted } of cells) {
    await (await world.provider(provider)).preview({ machines, options: wanted, login });
  }
}
