import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { JobsApi, RefusedError } from '../client/jobs-api.ts';
import { type ClaimAnswer, protocolVersion } from '../worker-protocol.ts';
import { doClaim } from './do-claim.ts';
import type { JobContext, WorkerJob } from './job-context.ts';
import { JobGroups } from './job-groups.ts';
import { JobPlaces } from './job-places.ts';
import { KeptResults } from './kept-results.ts';
import { Room } from './room.ts';
import type { WorkerOptions } from './worker-options.ts';

/** Seconds that the server holds back its answer while there is no job. */
const claimWait = 20;

/** What jobs may ask of a worker. */
export interface Capabilities {
  readonly jobtypes: readonly string[];
  readonly platforms: readonly string[];
  readonly labels: readonly string[];
}

/** What a worker is, and how it does a job. */
interface Doer {
  readonly folder: string;
  readonly capabilities: () => Capabilities;
  readonly clientInfo: () => Record<string, unknown>;
  readonly doJob: (job: WorkerJob, context: JobContext) => Promise<unknown>;
  readonly clearAway: (folder: string) => Promise<void>;
  /** Called for each heartbeat; by itself it calls `beat`. */
  readonly pushStatus: (signal?: AbortSignal) => Promise<void>;
}

interface WorkLoopOptions extends WorkerOptions {
  /** Aborted when no further job is to be taken, by whoever says so. */
  readonly stopping: AbortController;
  /** Aborted when the jobs under way are to end, too. */
  readonly ending: AbortSignal;
}

/** What a worker does between jobs: it registers, beats, claims, and hands on what it claimed. */
export class WorkLoop {
  readonly #doer: Doer;
  readonly #options: WorkLoopOptions;
  readonly #api: JobsApi;
  /** For what nobody needs any more once the worker is to end. */
  readonly #idleApi: JobsApi;
  readonly #current = new Map<string, ClaimAnswer>();
  readonly #room: Room;
  readonly #places: JobPlaces;
  readonly #results: KeptResults;
  #id = '';
  #paused: string | null = null;

  constructor(doer: Doer, options: WorkLoopOptions) {
    this.#doer = doer;
    this.#options = options;
    // A server that is being restarted is waited for; a lease ends by itself.
    const { ending, stopping } = options;
    this.#api = new JobsApi({ ...options, patience: 3600, signal: ending });
    const signal = AbortSignal.any([ending, stopping.signal]);
    this.#idleApi = new JobsApi({ ...options, patience: 3600, signal });
    const tell = (line: string) => this.#tell(line);
    const { clearAway, folder } = doer;
    const groups = new JobGroups(tell, options.controlGroup);
    this.#places = new JobPlaces(join(folder, 'jobs'), { groups, clearAway, tell });
    this.#results = new KeptResults(join(folder, 'results'), tell);
    this.#room = new Room(folder, (line) => {
      tell(line);
      void doer.pushStatus().catch(() => undefined);
    });
  }

  /** As `Worker.run`. */
  async run(once: boolean): Promise<void> {
    const { stopping, registered, slots = 1 } = this.#options;
    try {
      await this.#results.deliverAll(this.#idleApi);
      await this.#register();
    } catch (error) {
      // It has waited for its server in vain.
      if (stopping.signal.aborted) return;
      throw error;
    }
    registered?.();
    const clearing = this.#places.clearLeft(stopping.signal);
    const beating = this.#keepBeating();
    try {
      await Promise.all(Array.from({ length: once ? 1 : slots }, () => this.#work(once)));
    } finally {
      stopping.abort();
      await Promise.all([beating, clearing]);
      await new JobsApi(this.#options).leave(this.#id).catch(() => undefined);
    }
  }

  /** What `Worker.pushStatus` does. */
  async beat(signal?: AbortSignal): Promise<void> {
    const jobs = [...this.#current.values()].map(({ job, number, name }) => ({ job, number, name }));
    const problem = this.#room.problem;
    const info = { ...this.#doer.clientInfo(), jobs, ...present({ problem }) };
    const { draining, pause } = await this.#api.beat(this.#id, info, signal);
    if (draining) this.#drain();
    const words = pause && `paused by ${pause.by}: '${pause.note}', until ${pause.until ?? 'it is resumed'}`;
    if (words !== this.#paused) this.#tell(words ?? 'goes on');
    this.#paused = words;
  }

  #drain(): void {
    if (!this.#options.stopping.signal.aborted) this.#tell('is to end: takes no further job');
    this.#options.stopping.abort();
  }

  #tell(line: string): void {
    this.#options.tell?.(line);
  }

  async #register(): Promise<void> {
    const { name = hostname(), slots = 1, beatSeconds = 60 } = this.#options;
    const { jobtypes, platforms, labels, ...more } = this.#doer.capabilities();
    this.#id = await this.#idleApi.register({
      ...{ protocol: protocolVersion, name, slots, beatSeconds, client_info: this.#doer.clientInfo() },
      capabilities: { ...more, jobtypes: [...jobtypes], platforms: [...platforms], labels: [...labels] },
    });
  }

  async #keepBeating(): Promise<void> {
    const { signal } = this.#options.stopping;
    for (;;) {
      await sleep((this.#options.beatSeconds ?? 60) * 1000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.#doer.pushStatus(signal).catch((error: unknown) => {
        if (!signal.aborted) this.#tell(asShakedownError(error).message);
      });
    }
  }

  async #work(once: boolean): Promise<void> {
    const { signal } = this.#options.stopping;
    while (!signal.aborted) {
      await this.#room.wait(signal);
      const claim = await this.#claim(signal);
      if (!claim) continue;
      await this.#do(claim).catch((error: unknown) => {
        // Nobody renews its lease: the job runs elsewhere.
        this.#tell(`job ${claim.job} is given up: ${asShakedownError(error).message}`);
      });
      if (once) return;
    }
  }

  async #claim(signal: AbortSignal): Promise<ClaimAnswer | undefined> {
    const lease = this.#options.leaseSeconds ?? 10;
    const wishes = { worker: this.#id, request: randomUUID(), wait: claimWait, lease };
    try {
      return await this.#api.claim(wishes, signal);
    } catch (error) {
      // An answer that was on its way is no loss: nobody renews that lease.
      if (signal.aborted) return undefined;
      if (error instanceof RefusedError && error.status === 410) {
        this.#drain();
        return undefined;
      }
      if (!(error instanceof RefusedError && error.status === 404)) throw error;
      await this.#register().catch((again: unknown) => {
        if (!signal.aborted) throw again;
      });
      return undefined;
    }
  }

  async #do(claim: ClaimAnswer): Promise<void> {
    const place = this.#places.make();
    const attempt = `${claim.job} ${claim.number}`;
    this.#current.set(attempt, claim);
    try {
      await doClaim(claim, place, {
        ...{ api: this.#api, results: this.#results, ending: this.#options.ending },
        tell: (line) => this.#tell(line),
        doJob: (context) => this.#doer.doJob(claim, context),
      });
    } finally {
      await this.#places.clear(place);
      this.#current.delete(attempt);
    }
  }
}
