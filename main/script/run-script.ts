import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { InterruptedError, ShakedownError, UsageError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { Connector } from '../cluster/connector.ts';
import { cacheDirectory } from '../context/cache-directory.mjs';
import { chooseProvider } from '../providers/choose.ts';
import type { Machine, Provider } from '../providers/provider.ts';
import { runInFolder } from '../run/folder/run-in-folder.ts';
import { OpenRun } from '../run/open-run.ts';
import { realMachines } from '../run/world/real-machines.ts';
import type { CellContext } from './cells/cell-context.ts';
import { keepClusters } from './cells/keep-clusters.ts';
import type { Cell } from './cells/machine-cells.ts';
import { type CellEnd, runCell } from './cells/run-cell.ts';
import { prefixedOutputs } from './output/prefixed-output.ts';
import { recordProblems, scriptRun } from './output/script-record.ts';
import type { ScriptResult, ScriptRun } from './output/script-result.ts';
import { cellsOf, longestRun, planScript, type ScriptPlan } from './plan-script.ts';
import type { ScriptMachine, ScriptOptions } from './script-options.ts';

/** What a script reaches outside; replaced in tests. */
export interface ScriptWorld {
  readonly provider: (name: string) => Promise<Provider>;
  readonly connector: Connector;
  readonly choose: typeof chooseProvider;
}

const realWorld = (): ScriptWorld => ({ ...realMachines(), choose: chooseProvider });

/** See `runScript` in script.ts. */
export async function runScript(
  { machine = {}, ...options }: ScriptOptions & { readonly machine?: ScriptMachine },
  world: ScriptWorld = realWorld(),
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
  world: ScriptWorld = realWorld(),
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
  const here = { ...outside, ...world, directory, clock: Date.now, face };
  return await runInFolder(here, folder, async () => {
    const provider = [...new Set(cells.map((cell) => cell.provider))].join(', ');
    const retention = { count: 20, days: 30 };
    const open = await OpenRun.begin(
      { name: plan.name, directory, provider, retention, limit: longestRun },
      here,
    );
    const ends = await runCells(cells, cellContext(cells, plan, options, world, open), world);
    await keepClusters(ends, here, open);
    const run = scriptRun(open, ends);
    recordProblems(run, open);
    await open.end(run.exitCode);
    return run;
  });
}

/** What the cells share: where their outputs and files go, and how their machines are reached. */
function cellContext(
  cells: readonly Cell[],
  plan: ScriptPlan,
  options: ScriptOptions,
  { connector }: ScriptWorld,
  open: OpenRun,
): CellContext {
  const names = cells.flatMap(({ machines }) => machines.map(({ name }) => name));
  const many = names.length > 1;
  const outputs = (live: Writable | undefined) => (many && live ? prefixedOutputs(names, live) : [live]);
  const [stdouts, stderrs] = [outputs(options.stdout), outputs(options.stderr)];
  return {
    // One terminal cannot be that of several scripts.
    plan: many && plan.task.tty ? { ...plan, task: { ...plan.task, tty: true } } : plan,
    ...{ open, connector, rebuild: options.rebuild === true },
    login: loginOf(options, resolve(options.directory ?? '.')),
    outputs: (machine) => ({ stdout: stdouts[machine], stderr: stderrs[machine], own: many }),
    out: (machine) => outOf(machine, plan, many) ?? join(open.store.nodeDirectory(machine.id), 'files'),
  };
}

/** All side by side. The outputs of machines that were not made are ended here. */
async function runCells(
  cells: readonly Cell[],
  context: CellContext,
  world: ScriptWorld,
): Promise<readonly CellEnd[]> {
  const ends = await Promise.all(
    cells.map(async (cell) => runCell(cell, await world.provider(cell.provider), context)),
  );
  for (const { machines, first } of cells) {
    for (const { id } of machines) {
      const { stdout, stderr, own } = context.outputs(first + id);
      if (own) for (const output of [stdout, stderr]) output?.end();
    }
  }
  return ends;
}

function outsideOf({ signal, hurry, cacheDir }: ScriptOptions) {
  const never = new AbortController().signal;
  return {
    signal: signal ?? never,
    hurry: hurry ?? never,
    cacheDir: cacheDir ?? cacheDirectory(process.env),
  };
}

const loginOf = ({ user, key }: ScriptOptions, directory: string) =>
  present({ user, keyFile: key === undefined ? undefined : resolve(directory, key) });

const outOf = (machine: Machine, { out }: ScriptPlan, many: boolean): string | undefined =>
  out !== undefined && many ? join(out, machine.name) : out;

/** Finds what only the providers know to be wrong before there is a machine. */
async function lookAhead(cells: readonly Cell[], options: ScriptOptions, world: ScriptWorld): Promise<void> {
  const login = loginOf(options, resolve(options.directory ?? '.'));
  for (const { provider, machines, options: wanted } of cells) {
    await (await world.provider(provider)).preview({ machines, options: wanted, login });
  }
}
