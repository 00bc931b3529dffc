import type { Cluster, Machine } from '../providers/provider.ts';
import type { RunResult } from '../record/run-result.ts';
import { Connections } from './connections.ts';
import { runInFolder } from './folder/run-in-folder.ts';
import { keepOrUndo } from './machines/keep-or-undo.ts';
import { machinesFor, rememberMachines } from './machines/machines-for.ts';
import { openRun } from './run.ts';
import type { RunRequest } from './run-request.ts';
import type { World } from './world/world.ts';

/**
 * The beginning and the end of a run: the machines are made or borrowed, and kept once all of them answer. If
 * one does not, all are given up. Throws UsageError for a mistake in the options, and where there are
 * machines already; all else is in the result.
 */
export function bringNodesUp(
  asked: Pick<RunRequest, 'scenario' | 'flags' | 'rebuild'>,
  world: World,
): Promise<RunResult> {
  return runInFolder(world, { alone: true, kept: 'refuse', tell: world.tell }, async () => {
    const open = await openRun(asked, world);
    const { recorder, work } = open;
    const { connect: timeout } = asked.scenario.timeouts;
    const answers = async ({ ssh }: Machine) => {
      const remote = await world.connector.connect(ssh, { signal: work.signal, timeout });
      await remote[Symbol.asyncDispose]();
    };
    const keepWhereAllAnswer = (cluster: Cluster) => {
      const keep = recorder.exitCode === 0 ? 'always' : 'never';
      return keepOrUndo(cluster, { keep }, new Connections(asked.scenario, world, open), world, open);
    };
    await open.attempt(async () => {
      const cluster = await open.scope.acquire({
        acquire: () => recorder.step('machines', () => machinesFor(asked, world, open)),
        release: keepWhereAllAnswer,
      });
      await rememberMachines(cluster, asked, world, open);
      const each = (machine: Machine) => recorder.step('connect', () => answers(machine), machine);
      await Promise.all(cluster.machines.map(each));
    });
    return await open.end();
  });
}
