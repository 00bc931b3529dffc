import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Machine, Provider } from '../../providers/provider.ts';
import { duration } from '../../report/words.ts';
import { undoWorldOf } from '../../run/ledger/undo-world.ts';
import { canStay } from '../../run/machines/keep-machines.ts';
import { takeAway } from '../../run/machines/take-away.ts';
import { type MachineEnd, runOnMachine } from '../machine/run-on-machine.ts';
import type { ScriptPlan } from '../plan-script.ts';
import { spawnCluster } from './cell-cluster.ts';
import type { CellContext } from './cell-context.ts';
import type { Cell } from './machine-cells.ts';

/** One machine's part, as it ended. */
export interface CellMachine {
  readonly name: string;
  /** Absent when it was not made. */
  readonly machine?: Machine;
  readonly end?: MachineEnd;
  readonly error?: unknown;
}

export interface CellEnd {
  readonly cell: Cell;
  readonly machines: readonly CellMachine[];
  /** The cluster, where it was kept. */
  readonly kept?: Cluster;
  /** ms */
  readonly spawn: number;
  readonly destroy: number;
}

/**
 * Makes a cell's machines, runs the script on them side by side, and destroys or keeps them. Does not throw.
 */
export async function runCell(cell: Cell, provider: Provider, context: CellContext): Promise<CellEnd> {
  const { open } = context;
  const before = performance.now();
  const since = (start: number) => Math.round(performance.now() - start);
  let cluster: Cluster;
  try {
    cluster = await open.recorder.step('machines', () => spawnCluster(cell, provider, context));
  } catch (error) {
    const why = open.fail(error);
    const machines = cell.machines.map(({ name }) => ({ name, error: why }));
    return { cell, machines, spawn: since(before), destroy: 0 };
  }
  const spawnMs = since(before);
  open.tellNodes(cluster.machines.map((machine) => numbered(machine, cell)));
  const what = `${cell.machines.length} ${cell.provider} ${cell.machines.length === 1 ? 'machine' : 'machines'}`;
  if (!cluster.borrowed) {
    open.emit({
      type: 'note',
      message: `${what}${cell.os ? ` (${cell.os})` : ''} made in ${duration(spawnMs)}`,
    });
  }
  const machines = await Promise.all(
    cluster.machines.map((machine) => runOnOne(numbered(machine, cell), cluster, context)),
  );
  const start = performance.now();
  const keeps = keepsCluster(context.plan, machines);
  if (keeps && canStay(cluster, provider)) {
    return { cell, machines, kept: cluster, spawn: spawnMs, destroy: 0 };
  }
  if (keeps) open.emit({ type: 'note', message: `${cell.provider} machines cannot be kept` });
  const world = undoWorldOf(provider, open.evidence);
  await takeAway(cluster, [], world, open).catch((error) => open.recorder.fail(error));
  return { cell, machines, spawn: spawnMs, destroy: since(start) };
}

async function runOnOne(machine: Machine, cluster: Cluster, context: CellContext): Promise<CellMachine> {
  const { open, plan, connector } = context;
  const logs = open.store.nodeDirectory(machine.id);
  const { script } = plan.task.parcel;
  mkdirSync(join(logs, 'to_deploy'), { recursive: true });
  writeFileSync(join(logs, 'to_deploy', script.name), script.content);
  const { stdout, stderr, own } = context.outputs(machine.id);
  const folder = `shakedown-script-${cluster.id}-${machine.id}`;
  const turn = { machine, folder, logs, out: context.out(machine), stdout, stderr };
  const keepsIt = (exitCode: number) =>
    plan.keep === 'always' || (plan.keep === 'on-failure' && exitCode !== 0);
  const task = {
    ...plan.task,
    connectWithin: cluster.borrowed ? 30 : 180,
    // What is destroyed need not be tidied first.
    stays: (exitCode: number) => !cluster.borrowed || keepsIt(exitCode),
  };
  const { name } = machine;
  try {
    const end = await runOnMachine(turn, task, open, connector);
    const how = end.timedOut ? `ran into its time limit of ${task.timeout} s` : `exited with ${end.exitCode}`;
    const failed = { verdict: 'fail', message: how, detail: end.stderr.lastLines(12).join('\n') } as const;
    open.recorder.checkEnded(open.work.signal)({
      ...{ name: `${plan.name} on ${name}`, kind: 'command', durationMs: end.durations.run },
      ...(end.exitCode === 0 ? { verdict: 'pass' } : failed),
    });
    return { name, machine, end };
  } catch (error) {
    const why = open.fail(error);
    return { name, machine, error: why };
  } finally {
    if (own) for (const output of [stdout, stderr]) output?.end();
  }
}

/** With its number in the run. */
const numbered = (machine: Machine, { first }: Cell): Machine => ({ ...machine, id: first + machine.id });

const keepsCluster = ({ keep }: ScriptPlan, machines: readonly CellMachine[]): boolean =>
  keep === 'always' || (keep === 'on-failure' && machines.some(({ end }) => end?.exitCode !== 0));
