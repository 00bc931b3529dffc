import { hostname, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import type { startLocalAgent } from '../agent/local-agent.ts';
import type { Cluster, Machine } from '../providers/provider.ts';
import type { RunResult } from '../record/run-result.ts';
import { inFreeFolder } from '../run/folder/free-folder.ts';
import { runInFolder } from '../run/folder/run-in-folder.ts';
import { undoWorldOf } from '../run/ledger/undo-world.ts';
import { makeMachines, newClusterId } from '../run/machines/make-machines.ts';
import { takeAway } from '../run/machines/take-away.ts';
import { OpenRun } from '../run/open-run.ts';
import type { World } from '../run/world/world.ts';
import { acquireLock } from '../store/lock.ts';
import { addToHistory, historyFile } from './history/history.ts';
import { type Manifest, makeManifest } from './project/manifest.ts';
import { type Initiator, projectKey } from './project/project-key.ts';
import type { LocalProject } from './project/send-project.ts';
import { DistributeLog } from './results/distribute-log.ts';
import { type DistributeResult, distributeResult, writeResult } from './results/distribute-result.ts';
import { nameOfRule, type QuarantineRule } from './results/quarantine-rule.ts';
import { recordFiles, recordProcess } from './results/record-results.ts';
import type { FileResult } from './results/test-result.ts';
import { htmlSchedule } from './schedule/html-schedule.ts';
import { mainHostNode } from './seats/main-host-node.ts';
import type { SeatPlan } from './seats/seat.ts';
import type { Distribution, MachinesWish } from './suite/distribution.ts';
import { runSuite, type SuiteEnd } from './suite/run-suite.ts';
import { Suite } from './suite/suite.ts';
import { withEvents } from './suite/tell-events.ts';
import type { Telling } from './suite/telling.ts';

/** What a distribution reaches outside itself. */
export interface DistributeWorld
  extends Pick<
    World,
    | 'env'
    | 'signal'
    | 'hurry'
    | 'cacheDir'
    | 'clock'
    | 'face'
    | 'tell'
    | 'provider'
    | 'connector'
    | 'agentShares'
  > {
  readonly startLocal: typeof startLocalAgent;
  readonly telling: Telling;
}

/** Days, in seconds: Node's timers end at 2^31 ms. */
const longest = 20 * 86_400;

/**
 * Distributes a project's test files: the machines, the nodes with their runners, the suite, its
 * results. What fails is in the result. Throws UsageError for a mistake that shows only now.
 * Several of one project may be under way at once: each has a folder of its own here, and places,
 * ports and databases of its own on the nodes.
 */
export function distribute(distribution: Distribution, world: DistributeWorld): Promise<DistributeResult> {
  const { directory, home } = distribution;
  return inFreeFolder(home, async (place) => {
    const slot = slotOf(place, home);
    if (home === directory) return await inFolder(place, slot, distribution, world);
    await using _ = await acquireLock(place);
    return await inFolder(directory, slot, distribution, world);
  });
}

/** 1 in the project's own folder, more in those beside it. */
const slotOf = (place: string, home: string): number => (place === home ? 1 : 1 + Number(basename(place)));

function inFolder(
  folder: string,
  slot: number,
  distribution: Distribution,
  world: DistributeWorld,
): Promise<DistributeResult> {
  const here = { ...world, directory: folder };
  return runInFolder(here, { alone: true, kept: 'leave', tell: world.tell }, async () => {
    const { provider = 'main host' } = distribution.machines ?? {};
    const name = basename(distribution.home);
    const options = { name, directory: folder, provider, limit: longest };
    const open = await OpenRun.begin({ ...options, retention: { count: 20, days: 30 } }, here);
    return await inRun(distribution, { world, open, slot });
  });
}

interface Here {
  readonly world: DistributeWorld;
  readonly open: OpenRun;
  readonly slot: number;
}

async function inRun(distribution: Distribution, here: Here): Promise<DistributeResult> {
  const { world, open } = here;
  const suite = new Suite(distribution.files, {
    batches: distribution.command.batches,
    startMs: distribution.startMs,
    telling: withEvents(world.telling, open.emit),
    failFast: distribution.failFast,
    repetition: distribution.repetition,
    quarantine: distribution.quarantine,
    note: (message) => open.emit({ type: 'note', message }),
  });
  tellQuarantine(distribution.quarantine.report.expired, open);
  let end: SuiteEnd = { outOfUse: [] };
  await open.attempt(async () => {
    end = await open.recorder.step('check', () => onMachines(distribution, suite, here));
    open.work.signal.throwIfAborted();
  });
  const files = suite.results(whyNotRun(suite, world.signal.aborted));
  const together = suite.togetherOnly;
  recordFiles(files, together, open);
  const { schedule, processes, hooks } = suite;
  if (schedule) open.tellPart(htmlSchedule({ schedule, processes, hooks, files }));
  const history = addToHistory(historyFile(distribution.home), files, {
    startMs: suite.queue.startMs,
    at: world.clock(),
  });
  const run: RunResult = await open.end();
  const facts = { distribution, suite, schedule, files, together, outOfUse: end.outOfUse, history };
  const result = distributeResult(facts, run, open.store.directory);
  await writeResult(result);
  return result;
}

const tellQuarantine = (expired: readonly QuarantineRule[], open: OpenRun): void => {
  for (const rule of expired) {
    const message = `the quarantine of ${nameOfRule(rule)} ended on ${rule.until}: its failures count again (${rule.owner}: ${rule.reason})`;
    open.emit({ type: 'note', message });
  }
};

/** What is said of files without a result. */
function whyNotRun(suite: Suite, interrupted: boolean): Pick<FileResult, 'verdict' | 'message'> {
  if (interrupted) return { verdict: 'skip', message: 'the run was interrupted before it was run' };
  const { endedBy } = suite;
  if (endedBy !== undefined) return { verdict: 'skip', message: `it was not run, for ${endedBy} failed` };
  return { verdict: 'error', message: 'there was no runner left to run it' };
}

/** What is acquired on this page is released when the run ends. */
async function onMachines(distribution: Distribution, suite: Suite, here: Here): Promise<SuiteEnd> {
  const { world, open, slot } = here;
  const { machines: wish, localRunners, home } = distribution;
  const cluster = wish && (await machinesOf(wish, here));
  const made = cluster?.borrowed === false;
  const machines = cluster?.machines ?? [];
  const seats: readonly SeatPlan[] = [
    ...machines.map((machine) => ({
      ...{ id: machine.id, name: machine.name, machine },
      runners: wish?.runners[machine.id],
    })),
    ...(localRunners > 0 ? [localSeat(machines, localRunners)] : []),
  ];
  open.tellNodes([...machines, ...(localRunners > 0 ? [mainHostNode(machines.length)] : [])]);
  const log = await open.scope.acquire({
    acquire: () => new DistributeLog(open.store.directory, world.clock),
    release: (all) => all[Symbol.asyncDispose](),
  });
  const initiator: Initiator = { host: hostname(), user: userInfo().username, directory: home, slot };
  const key = projectKey(initiator);
  const project = projectOf(distribution, open);
  return await runSuite({
    ...{ seats, made },
    reach: { ...world, key },
    context: {
      ...{ distribution, project, initiator, key, log, open },
      hookEnded: (node) => (hook) => suite.hookEnded({ ...hook, node }),
    },
    work: {
      ...{ suite, distribution, log, directory: open.store.directory, clock: world.clock },
      processEnded: (ran, end, output) => recordProcess(ran, end, output, { suite, open }),
    },
  });
}

const localSeat = (machines: readonly Machine[], runners: number): SeatPlan => {
  const { id, name } = mainHostNode(machines.length);
  return { id, name, runners };
};

/** Makes or borrows the machines; they are taken away, or given back, when the run ends. */
function machinesOf(
  { provider: name, options, login, machines, rebuild }: MachinesWish,
  { world, open }: Here,
): Promise<Cluster> {
  return open.scope.acquire({
    acquire: () =>
      open.recorder.step('machines', async () => {
        const provider = await world.provider(name);
        const { ok, reason, missingPackages = [] } = await provider.probe(open.work);
        if (!ok) {
          const hint =
            missingPackages.length > 0 ? { hint: `apt-get install ${missingPackages.join(' ')}` } : {};
          throw new ShakedownError({ message: `${name} does not work here: ${reason}`, ...hint });
        }
        const shares = provider.makes ? await world.agentShares(world.cacheDir) : [];
        const wanted = { machines, options, login };
        return makeMachines(newClusterId(), wanted, provider, { of: open.name, shares, rebuild }, open.work);
      }),
    release: async (cluster) => {
      const provider = await world.provider(cluster.provider);
      await takeAway(cluster, [], undoWorldOf(provider, open.evidence), open);
    },
  });
}

/**
 * The project's files are read again only by who asks a while later: nodes that
 * are sent it together share a look.
 */
function projectOf({ directory, list }: Distribution, { work }: OpenRun): LocalProject {
  const memory = join(directory, '.shakedown/distribute/digests.json');
  let look: { readonly at: number; readonly manifest: Promise<Manifest> } | undefined;
  const manifest = () => {
    if (look && performance.now() - look.at < sharedFor) return look.manifest;
    const reading = list().then((paths) => makeManifest(directory, paths, memory, work.signal));
    look = { at: performance.now(), manifest: reading };
    return reading;
  };
  return { directory, manifest };
}

/** ms */
const sharedFor = 2000;
