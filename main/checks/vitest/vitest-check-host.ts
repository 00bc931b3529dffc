import { present } from '../../../common/present.ts';
import type { CheckResult } from '../../../common/results.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import { unwound } from '../../../common/unwound.ts';
import type { ClusterUnderTest } from '../../cluster/cluster-under-test.ts';
import { methodNames } from '../../cluster/live-cluster.ts';
import type { CheckListener } from '../check.ts';
import { nodeFactsOf } from '../declared/targets.ts';
import { reasonOf } from '../reasons.ts';
import type { CheckHost, CheckHostOptions } from './check-host-options.ts';
import { CheckLog } from './check-log.ts';
import { CheckRun } from './check-run.ts';
import { CheckServer, processGone, type Worker } from './check-server.ts';
import { HangWatch } from './hang-watch.ts';
import { HostFolder } from './host-folder.ts';
import { HostProcess } from './host-process.ts';
import { NodeLosses } from './node-losses.ts';
import { PlainNames } from './plain-names.ts';

/** ms for the host's word on a file whose process has gone: the two travel on different connections. */
const lastWordGrace = 1000;

/** The check files run by Vitest in a process of its own. */
export class VitestCheckHost implements CheckHost {
  readonly #options: CheckHostOptions;
  readonly #files: readonly string[];
  readonly #folder: HostFolder;
  readonly #log: CheckLog;
  readonly #losses = new NodeLosses();
  readonly #run: CheckRun;
  readonly #server: CheckServer;
  readonly #process: HostProcess;
  readonly #filesEnded = Promise.withResolvers<void>();
  readonly #noneWanted = Promise.withResolvers<readonly string[]>();
  readonly #allEnded = Promise.withResolvers<void>();
  #cluster: ClusterUnderTest | undefined;
  #listener: CheckListener | undefined;
  #disposed: Promise<void> | undefined;

  constructor(options: CheckHostOptions) {
    const { scenarioDirectory, runDirectory } = options;
    this.#options = options;
    this.#files = options.files.toSorted();
    this.#log = new CheckLog(runDirectory, options.mask);
    this.#folder = new HostFolder(runDirectory);
    const { path: temporaryDirectory, socketPath, linksPath } = this.#folder;
    const names = new PlainNames(this.#files, scenarioDirectory, linksPath);
    this.#run = new CheckRun({
      files: this.#files,
      scenarioDirectory,
      nodeLoss: this.#losses.under.bind(this.#losses),
      changed: () => this.#advance(),
    });
    this.#server = new CheckServer(socketPath, {
      order: hostOrder(options, names, temporaryDirectory),
      names,
      run: this.#run,
      losses: this.#losses,
      changed: (worker) => this.#workerChanged(worker),
      output: (where, text) => {
        this.#log.output(where, text);
        this.#listener?.output?.(where, text);
      },
      allEnded: this.#allEnded.resolve,
    });
    this.#process = new HostProcess(socketPath, scenarioDirectory, temporaryDirectory, this.#log);
    this.#process.ended.then((how) => this.#hostEnded(how));
    options.signal.addEventListener('abort', () => this.#disposeQuietly(), { once: true });
    if (options.signal.aborted) this.#disposeQuietly();
  }

  get noneWanted(): Promise<readonly string[]> {
    return this.#noneWanted.promise;
  }

  async run(
    cluster: ClusterUnderTest,
    listener: CheckListener,
    { signal, timeout }: { readonly signal: AbortSignal; readonly timeout: number },
  ): Promise<readonly CheckResult[]> {
    const over = new AbortController();
    this.#cluster = cluster;
    this.#listener = listener;
    this.#server.serve(cluster);
    this.#losses.watch(cluster, over.signal);
    this.#run.listen(listener);
    const watch = this.#watchForHangs();
    this.#advance();
    try {
      await withTimeLimit({ what: 'the checks', seconds: timeout, signal }, () => this.#finished());
    } catch {
      // What was not finished is told below.
    } finally {
      over.abort();
      watch.stop();
    }
    if (this.#run.turn !== undefined) await this.#abandonAll(signal, timeout);
    return this.#run.results;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose(1500);
    return this.#disposed;
  }

  async #dispose(graceMs: number): Promise<void> {
    await this.#server.quit();
    await this.#process.end(graceMs);
    this.#server.close();
    await this.#log.close();
    await this.#folder.remove();
  }

  #disposeQuietly(): void {
    this.#disposed ??= this.#dispose(0);
    this.#disposed.catch((error) => this.#options.log(`ending the checks: ${error}`));
  }

  /** All files have ended, and the host has said what belonged to no test. */
  async #finished(): Promise<void> {
    await this.#filesEnded.promise;
    await unwound(Promise.race([this.#allEnded.promise, this.#process.ended]), 5);
  }

  /** Lets the file go whose turn it is, when it is loaded. */
  #advance(): void {
    const file = this.#run.turn;
    if (file === undefined && this.#run.results.length === 0) this.#noneWanted.resolve(this.#run.unwanted);
    if (this.#cluster === undefined) return;
    if (file === undefined) this.#filesEnded.resolve();
    else {
      const nodes = this.#cluster.nodes.map(nodeFactsOf);
      this.#server.workers.get(file)?.go?.({ nodes, methods: methodNames });
    }
  }

  #workerChanged(worker: Worker): void {
    this.#advance();
    if (!worker.gone) return;
    setTimeout(() => this.#run.abandon(worker.file, processGone), lastWordGrace).unref();
  }

  #watchForHangs(): HangWatch {
    const { testTimeout, loadTimeout = 60 } = this.#options;
    return new HangWatch({
      run: this.#run,
      worker: (file) => this.#server.workers.get(file),
      testTimeoutMs: testTimeout * 1000,
      loadTimeoutMs: loadTimeout * 1000,
      hung: (file, worker, message) => {
        const [test] = this.#run.running(file);
        const rest = test === undefined ? message : `'${test.name}' hung`;
        const named = test === undefined ? message : `'${test.name}' hung: ${message}`;
        this.#run.abandon(file, { verdict: 'fail', message: named, rest });
        if (worker) killProcess(worker.pid);
      },
    });
  }

  async #abandonAll(signal: AbortSignal, timeout: number): Promise<void> {
    const reason = signal.aborted
      ? ({ verdict: 'error', message: `not finished: ${reasonOf(signal)}`, rest: reasonOf(signal) } as const)
      : ({
          verdict: 'fail',
          message: `still running when the checks' time limit of ${timeout} s was reached`,
          rest: `the checks' time limit of ${timeout} s was reached`,
        } as const);
    this.#run.abandonAll(reason);
    await this.#process.end(0);
  }

  #hostEnded(how: string): void {
    const lines = this.#process.lastLines.join('\n');
    const message = `Vitest ended unexpectedly (${how})${lines === '' ? '' : `:\n${lines}`}`;
    for (const file of this.#files)
      this.#run.abandon(file, { verdict: 'error', message, rest: 'Vitest ended' });
  }
}

function hostOrder(
  options: CheckHostOptions,
  { files, scenarioDirectory, areLinks }: PlainNames,
  temporaryDirectory: string,
) {
  const { testTimeout, filter } = options;
  const { TMPDIR } = process.env;
  return {
    files,
    scenarioDirectory,
    areLinks,
    temporaryDirectory,
    testTimeoutMs: testTimeout * 1000,
    ...present({ filter, userTmpdir: TMPDIR }),
  };
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
