import { type FailureDetails, ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { ScenarioFlags } from '../../config/load.ts';
import type { Scenario } from '../../config/scenario.ts';
import type { RunResult } from '../../record/run-result.ts';
import { readKeptCluster } from '../../store/kept-cluster.ts';
import { runInFolder } from '../folder/run-in-folder.ts';
import { fitsKept } from '../machines/fits-kept.ts';
import { OpenRun } from '../open-run.ts';
import { takeDownKept } from '../reap/take-down.ts';
import { deploy } from '../run.ts';
import type { RunRequest } from '../run-request.ts';
import type { World } from '../world/world.ts';
import { clusterHere } from './cluster-here.ts';
import type { OpenCluster, OpenClusterOptions } from './open-cluster-options.ts';

/** What is to be opened. */
export interface Wanted {
  readonly scenario: Scenario;
  readonly flags: ScenarioFlags;
  readonly options: OpenClusterOptions;
}

/** A cluster that is held open. */
export interface Held {
  readonly cluster: OpenCluster;
  /** Resolves when it has been closed, whatever came of that. */
  readonly ended: Promise<void>;
}

/** Seconds: a program may use its cluster as long as it likes (setTimeout's longest time). */
const noLimit = (2 ** 31 - 1) / 1000;

/**
 * A run that hands its cluster out once it is deployed, and goes on to its end when that is closed, or its
 * signal is aborted. Throws as `openCluster`.
 */
export async function holdCluster({ scenario, flags, options }: Wanted, world: World): Promise<Held> {
  const opened = Promise.withResolvers<OpenCluster>();
  const closing = Promise.withResolvers<void>();
  const told = new Set<string>();
  const kept = options.reuse ? 'leave' : 'take-down';
  const whole = runInFolder(world, { alone: true, kept, tell: world.tell }, async () => {
    const request = await requestFor({ scenario, flags, options }, world);
    const open = await OpenRun.begin({ ...scenario, limit: noLimit }, world);
    await open.attempt(async () => {
      const live = await deploy(request, world, open);
      open.work.signal.addEventListener('abort', () => closing.resolve(), { once: true });
      const failed = (error: unknown) => {
        const failure = failureOf(error);
        told.add(failure.message);
        open.recorder.fail(new ShakedownError(failure));
      };
      opened.resolve(clusterHere(live, open.store, { failed, close, told }));
      await closing.promise;
      open.work.signal.throwIfAborted();
    });
    return await open.end();
  });
  const close = (): Promise<RunResult> => {
    closing.resolve();
    return whole;
  };
  whole.then((result) => opened.reject(notOpened(result)), opened.reject);
  const cluster = await opened.promise;
  return { cluster, ended: whole.then(...both) };
}

const both = [() => undefined, () => undefined] as const;

async function requestFor({ scenario, flags, options }: Wanted, world: World): Promise<RunRequest> {
  const { reuse = false, keep = reuse ? 'always' : 'never', until } = options;
  const request = { scenario, flags, keep, ...present({ until }) };
  const kept = reuse ? await readKeptCluster(world.directory) : undefined;
  if (!kept) return request;
  if (kept.scenario === scenario.directory && fitsKept(scenario, kept.cluster)) {
    return { ...request, reuse: { kept, from: 'clean' } };
  }
  for (const line of await takeDownKept(world.directory, world)) world.tell(line);
  return request;
}

/** Test runners hand failures on as plain objects, too. */
function failureOf(error: unknown): FailureDetails {
  const { message = String(error) } = (error ?? {}) as { readonly message?: string };
  return { message, verdict: 'fail', phase: 'check' };
}

function notOpened({ failures: [first], directory }: RunResult): ShakedownError {
  const failure = first ?? { message: 'the cluster was closed before it was open' };
  return new ShakedownError({ ...failure, ...present({ log: failure.log ?? directory }) });
}
