import { eventsVersion } from '../common/events.ts';
import { bringHome } from './evidence.ts';
import { machinesFor } from './machines-for.ts';
import { openRun } from './open-run.ts';
import type { Cluster, Machine } from './providers/provider.ts';
import type { RunResult } from './record/run-result.ts';
import type { RunRequest } from './run.ts';
import type { World } from './world.ts';

/**
 * The beginning and the end of a run: the machines are made or borrowed, and kept once all of them answer. If one does
 * not, all are given up. Throws UsageError for a mistake in the options; all else is in the result.
 */
export async function bringUp(
  asked: Pick<RunRequest, 'scenario' | 'flags' | 'rebuild'>,
  world: World,
): Promise<RunResult> {
  const { scenario } = asked;
  await using open = await openRun(world, scenario.timeouts.run);
  const { recorder, store, work, emit } = open;
  emit({
    type: 'run-started',
    eventsVersion,
    run: store.id,
    scenario: scenario.name,
    directory: store.directory,
  });
  const answers = async ({ ssh }: Machine) => {
    const { connect } = scenario.timeouts;
    const remote = await world.connector.connect(ssh, { signal: work.signal, timeout: connect });
    await remote[Symbol.asyncDispose]();
  };
  let cluster: Cluster | undefined;
  try {
    cluster = await recorder.step('machines', () => machinesFor(asked, world, open));
    const { machines } = cluster;
    await Promise.all(machines.map((machine) => recorder.step('connect', () => answers(machine), machine)));
  } catch (error) {
    recorder.fail(open.endedBecause() ?? error, work.signal.aborted);
  }
  const keep = recorder.exitCode === 0 ? 'always' : 'never';
  const request = { ...asked, keep } as const;
  const result = await bringHome({ request, world, open, cluster, planned: [], connected: [] });
  if (recorder.usage) throw recorder.usage;
  return result;
}
