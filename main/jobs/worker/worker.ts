import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { arch, hostname, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { maskFiles } from '../../secrets/mask-files.ts';
import { MaskedStream } from '../../secrets/mask-stream.ts';
import { Secrets } from '../../secrets/secrets.ts';
import { JobsApi, RefusedError } from '../client/jobs-api.ts';
import { type ClaimAnswer, protocolVersion } from '../protocol.ts';
import { EventStream } from './event-stream.ts';
import { type JobContext, JobResult, type WorkerJob } from './job-context.ts';
import { KeptResults } from './kept-results.ts';
import { holdLease } from './lease.ts';
import { LogStream } from './log-stream.ts';
import { Room } from './room.ts';
import type { WorkerOptions } from './worker-options.ts';

/** Seconds that the server holds back its answer while there is no job. */
const claimWait = 20;

/**
 * A worker of a job server: say in `jobtypes` which jobs it does, and do one in `doJob`. `run` takes jobs
 * until `stop`, which waits for the current ones.
 */
export abstract class Worker {
  jobtypes: string | readonly string[] = [];
  /** What this machine is, for jobs that ask for it. */
  platform: string | readonly string[] = [platform(), `${platform()}-${arch()}`];
  labels: readonly string[] = [];
  /** Anything that others shall see of this worker; it goes with each heartbeat, beside the current jobs. */
  clientInfo: Record<string, unknown> = {};
  readonly #api: JobsApi;
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #ending = new AbortController();
  readonly #current = new Map<string, ClaimAnswer>();
  readonly #room: Room;
  #id = '';
  #paused: string | null = null;
  #running: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    // A server that is being restarted is waited for; a lease ends by itself.
    this.#api = new JobsApi({ ...options, patience: 3600, signal: this.#ending.signal });
    this.#room = new Room(this.#folder, (line) => {
      this.#tell(line);
      void this.pushStatus().catch(() => undefined);
    });
  }

  /** Does one job, and gives its result: anything that is JSON. */
  abstract doJob(job: WorkerJob, context: JobContext): Promise<unknown>;

  /** All that jobs may ask for; to be overridden for more. */
  get capabilities(): {
    jobtypes: readonly string[];
    platforms: readonly string[];
    labels: readonly string[];
  } {
    return {
      jobtypes: [this.jobtypes].flat(),
      platforms: [this.platform].flat(),
      labels: this.labels,
    };
  }

  /** Takes jobs until it is stopped; with `once`, ends after the first. Throws when the server refuses it. */
  async run({ once = false }: { readonly once?: boolean } = {}): Promise<void> {
    await this.#results.deliverAll(this.#api);
    await this.#register();
    this.#options.registered?.();
    const beating = this.#keepBeating();
    try {
      const slots = once ? 1 : (this.#options.slots ?? 1);
      await Promise.all(Array.from({ length: slots }, () => this.#work(once)));
    } finally {
      this.#stopping.abort();
      await beating;
      await new JobsApi(this.#options).leave(this.#id).catch(() => undefined);
    }
  }

  /** Begins to take jobs; `stop` ends it. */
  start(): void {
    this.#running ??= this.run();
    this.#running.catch((error: unknown) => this.#tell(asShakedownError(error).message));
  }

  /**
   * Takes no further job, and waits for those under way; with `endJobs`, ends them: they run elsewhere later.
   */
  async stop({ endJobs = false }: { readonly endJobs?: boolean } = {}): Promise<void> {
    this.#stopping.abort();
    if (endJobs) this.#ending.abort();
    await this.#running?.catch(() => undefined);
  }

  /** Sends `clientInfo` now instead of with the next heartbeat. */
  async pushStatus(): Promise<void> {
    const jobs = [...this.#current.values()].map(({ job, number, name }) => ({ job, number, name }));
    const problem = this.#room.problem;
    const info = { ...this.clientInfo, jobs, ...present({ problem }) };
    const { draining, pause } = await this.#api.beat(this.#id, info);
    if (draining) this.#drain();
    const words = pause && `paused by ${pause.by}: '${pause.note}', until ${pause.until ?? 'it is resumed'}`;
    if (words !== this.#paused) this.#tell(words ?? 'goes on');
    this.#paused = words;
  }

  #drain(): void {
    if (!this.#stopping.signal.aborted) this.#tell('is to end: takes no further job');
    this.#stopping.abort();
  }

  get #folder(): string {
    return this.#options.folder ?? join(tmpdir(), `shakedown-worker-${process.getuid?.() ?? ''}`);
  }

  get #results(): KeptResults {
    return new KeptResults(join(this.#folder, 'results'), (line) => this.#tell(line));
  }

  #tell(line: string): void {
    this.#options.tell?.(line);
  }

  async #register(): Promise<void> {
    const { name = hostname(), slots = 1, beatSeconds = 60 } = this.#options;
    const { jobtypes, platforms, labels, ...more } = this.capabilities;
    this.#id = await this.#api.register({
      ...{ protocol: protocolVersion, name, slots, beatSeconds, client_info: this.clientInfo },
      capabilities: { ...more, jobtypes: [...jobtypes], platforms: [...platforms], labels: [...labels] },
    });
  }

  async #keepBeating(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await sleep((this.#options.beatSeconds ?? 60) * 1000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.pushStatus().catch((error: unknown) => this.#tell(asShakedownError(error).message));
    }
  }

  async #work(once: boolean): Promise<void> {
    const { signal } = this.#stopping;
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
      await this.#register();
      return undefined;
    }
  }

  async #do(claim: ClaimAnswer): Promise<void> {
    const { job, number } = claim;
    const place = join(this.#folder, 'jobs');
    mkdirSync(place, { recursive: true, mode: 0o700 });
    const folder = mkdtempSync(join(place, 'job-'));
    const lease = holdLease(this.#api, claim);
    const secrets = new Secrets(
      Object.fromEntries((claim.secrets ?? []).map((each) => [each.name, each.value])),
    );
    const log = new LogStream(this.#api, job, number);
    const masked = new MaskedStream(secrets);
    const events = new EventStream(this.#api, job, number);
    this.#current.set(`${job} ${number}`, claim);
    this.#tell(`job ${job} begins: ${claim.name}`);
    try {
      const came = await this.#resultOf(claim, {
        signal: AbortSignal.any([lease.signal, this.#ending.signal]),
        folder,
        api: this.#api,
        log: (text) => log.write(masked.write(text)),
        tellEvents: (told) => events.tell(secrets.maskData(told)),
        addArtifact: async (path, file) => {
          const [bad] = (await maskFiles(file, secrets)).filter(({ problem }) => problem !== undefined);
          if (bad)
            throw new ShakedownError({
              message: `${path} is not kept, for its secrets cannot be masked: ${bad.problem}`,
            });
          await this.#api.addArtifact(job, number, secrets.mask(path), file);
        },
      });
      await log.write(masked.end());
      await log.end();
      if (this.#ending.signal.aborted) return;
      const { verdict, result } = { ...came, result: secrets.maskData(came.result) };
      const taken = await this.#results.deliver(this.#api, { job, number, verdict, result });
      this.#tell(`job ${job} ended: ${taken ? verdict : 'its result came too late'}`);
    } finally {
      lease.release();
      this.#current.delete(`${job} ${number}`);
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #resultOf(claim: ClaimAnswer, context: JobContext): Promise<JobResult> {
    try {
      const result = await this.doJob(claim, context);
      return result instanceof JobResult ? result : new JobResult('pass', result ?? null);
    } catch (error) {
      return new JobResult('error', { error: asShakedownError(error).message });
    }
  }
}
