import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ShakedownError } from '../common/errors.ts';
import type { CleanParams, CleanResult } from '../common/placed-files.ts';
import { present } from '../common/present.ts';
import { type AgentInfo, type HelloParams, maxAnswer, protocolVersion } from '../common/protocol.ts';
import { type AgentState, nodeCacheDirectory } from './agent-state.ts';
import { cleanTree } from './clean-tree.ts';
import { planCollection } from './collect/plan.ts';
import { planReports } from './collect/reports.ts';
import { sendReports } from './collect/send-reports.ts';
import { finishAll, finishUnlessHeld, holdServices, isHeld } from './finish.ts';
import { Guard } from './guard.ts';
import { HeldBackList } from './held-back-list.ts';
import { type Lease, takeLease } from './lease.ts';
import { MarkedProcesses } from './marked-processes.ts';
import { hasSystemd, nodeFacts } from './node-facts.ts';
import { Originals } from './originals.ts';
import { install } from './packages/install.ts';
import { place } from './place.ts';
import { PortRanges } from './project/port-ranges.ts';
import { SyncedProject } from './project/sync-project.ts';
import { sendFile } from './read-file.ts';
import type { AgentConnection, Methods } from './serve.ts';
import { startHeldBack } from './services/held-back-units.ts';
import { Services } from './services/services.ts';
import { systemctl } from './services/systemctl.ts';
import { UnitRecord } from './services/unit-record.ts';
import { waitFor } from './services/wait-for.ts';
import { Pipes } from './tasks/pipes.ts';
import { runTask } from './tasks/run-task.ts';
import { TaskGroups } from './tasks/task-groups.ts';
import { WaitingShells } from './tasks/waiting-shells.ts';
import { safeWorkingDirectory } from './working-directory.ts';

/** The agent of one node: what it has under its hands, and what it does when asked. */
export class NodeAgent {
  readonly #state: AgentState;
  readonly #lease: Lease;
  readonly #mustHear: (seconds: number) => void;
  readonly #connection: Pick<AgentConnection, 'notify' | 'streams'>;
  readonly #marked: MarkedProcesses;
  readonly #placed: Originals;
  readonly #units: UnitRecord;
  readonly #services: Services;
  readonly #pipes = new Pipes();
  readonly #ports: PortRanges;
  #project: SyncedProject | undefined;
  readonly #groups: TaskGroups;
  readonly #shells: WaitingShells;
  #guard: Guard | undefined;
  /** The node's clock minus the main host's, ms. */
  #clockAhead = 0;

  /** `mustHear`: from now on the main host counts as gone when nothing is heard of it for so many seconds. */
  constructor(
    state: AgentState,
    lease: Lease,
    connection: Pick<AgentConnection, 'notify' | 'streams'>,
    mustHear: (seconds: number) => void,
  ) {
    this.#state = state;
    this.#lease = lease;
    this.#mustHear = mustHear;
    this.#connection = connection;
    this.#marked = new MarkedProcesses(state.id);
    this.#groups = new TaskGroups(state);
    this.#shells = new WaitingShells(this.#pipes, this.#groups);
    this.#ports = new PortRanges(lease.name);
    this.#placed = new Originals(state.path('originals'));
    this.#units = new UnitRecord(state);
    this.#services = new Services(state, this.#marked, this.#units, {
      died: (died) => connection.notify('serviceDied', died),
      note: this.#tell.progress,
    });
  }

  get methods(): Methods {
    return {
      hello: (params) => this.#hello(params),
      clock: this.#mine(async () => ({ clockMs: Date.now() })),
      clean: this.#mine((params, signal) => this.#clean(params, signal)),
      install: this.#mine((params, signal) =>
        install(params, { state: this.#state, placed: this.#placed, signal, ...this.#tell }),
      ),
      place: this.#mine(async ({ files }) => {
        const placed = await place(files, this.#placed);
        await reloadUnits(placed);
        return { placed };
      }),
      task: this.#mine((params, signal) =>
        runTask(
          params,
          {
            streams: this.#connection.streams,
            pipes: this.#pipes,
            groups: this.#groups,
            shells: this.#shells,
            logFile: (name) => this.#state.logFile(name),
          },
          signal,
        ),
      ),
      planProject: this.#mine(({ directory, manifest }, signal) => {
        this.#project = new SyncedProject(directory, this.#state);
        return this.#project.plan(this.#connection.streams.read(manifest), signal);
      }),
      checkProject: this.#mine(async (_, signal) => ({ wrong: (await this.#project?.check(signal)) ?? [] })),
      takePorts: this.#mine(async (params) => ({ ports: await this.#ports.take(params) })),
      readFile: this.#mine(async ({ path, maxBytes, to }) => {
        return { bytes: await sendFile(path, maxBytes, this.#connection.streams.write(to)) };
      }),
      startHeldBack: this.#mine(async ({ except }, signal) => {
        const context = { list: new HeldBackList(this.#state), record: this.#units, signal, ...this.#tell };
        return { started: hasSystemd() ? await startHeldBack(except, context) : [] };
      }),
      waitFor: this.#mine(({ probe, within, workingDir, env }, signal) =>
        waitFor(probe, within, { cwd: workingDir, ...present({ env }) }, signal),
      ),
      startService: this.#mine(async ({ service, workingDir, brief = false }, signal) => {
        await this.#services.start(service, workingDir, signal);
        return this.#services.status(service.name, brief);
      }),
      resume: this.#mine(({ services, workingDir }) => {
        this.#services.resume(services, workingDir);
        return this.#services.statuses();
      }),
      stopService: this.#mine(async ({ name, brief = false }) => {
        await this.#services.stop(name);
        return this.#services.status(name, brief);
      }),
      killService: this.#mine(async ({ name, signal, restart }) => {
        await this.#services.kill(name, signal, restart);
        return this.#services.status(name);
      }),
      services: this.#mine(() => this.#services.statuses()),
      hold: this.#mine(async () => {
        holdServices(this.#state);
        return {};
      }),
      release: this.#mine(async () => {
        await this.#release();
        return {};
      }),
      planCollection: this.#mine((params, signal) => planCollection(params, signal)),
      reports: this.#mine(async ({ sinceMs, units, streams }) => {
        const since = sinceMs + this.#clockAhead - 2000;
        const sinks = streams.map((id) => this.#connection.streams.write(id));
        return sendReports(planReports({ sinceMs: since, units }, this.#state), sinks);
      }),
    };
  }

  /**
   * Stops what was started, but for services that are held, and undoes what must not outlive the
   * agent. Placed files stay until `clean`.
   */
  async finish(): Promise<void> {
    if (!this.#guard) return;
    if (!isHeld(this.#state)) await this.#services.stopAll();
    await finishUnlessHeld(this.#state);
    await this.#guard.dismiss();
  }

  /** Leaves all as it is to another agent of the same run. */
  async leave(): Promise<void> {
    await this.#guard?.dismiss();
  }

  readonly #tell = {
    log: (message: string): void => this.#connection.notify('log', { atMs: Date.now(), message }),
    progress: (message: string): void => this.#connection.notify('progress', { message }),
  };

  async #hello({ version, runId, mainHost, clockMs, aliveWithin }: HelloParams): Promise<AgentInfo> {
    if (version !== protocolVersion) {
      throw new ShakedownError({
        message: `the agent speaks version ${protocolVersion} of the protocol and the main host ${version}`,
        hint: `remove ${nodeCacheDirectory} on the node`,
      });
    }
    if (!this.#guard) {
      const holder = { pid: process.pid, runId, since: Date.now(), ...(mainHost ? { mainHost } : {}) };
      await takeLease(this.#lease, holder);
      if (aliveWithin !== undefined) this.#mustHear(aliveWithin);
      this.#guard = new Guard(process.execPath, process.argv.slice(1));
    }
    if (clockMs !== undefined) this.#clockAhead = Date.now() - clockMs;
    return nodeFacts();
  }

  async #clean({ workingDir, keep }: CleanParams, signal: AbortSignal): Promise<CleanResult> {
    const directory = await safeWorkingDirectory(workingDir, [
      this.#state.directory,
      nodeCacheDirectory,
      // Where that one cannot be used, it lies elsewhere.
      dirname(resolve(process.argv[1] ?? nodeCacheDirectory)),
    ]);
    await this.#release();
    // Node's rmSync does not tell for what reason it could not.
    await rm(this.#state.logs, { recursive: true, force: true });
    mkdirSync(this.#state.logs, { recursive: true, mode: 0o700 });
    const { restored, problems } = await this.#placed.restore();
    await reloadUnits(restored);
    for (const unit of await this.#units.settle())
      this.#tell.log(`unit '${unit}', which ran before, does not start again`);
    const notRestored = firstOf(problems);
    return { unchanged: firstOf(await cleanTree(directory, keep, signal)), restored, notRestored };
  }

  /** Stops all services, those that are held too. */
  async #release(): Promise<void> {
    await this.#services.forgetAll();
    await finishAll(this.#state);
  }

  /** A method that needs the node to be taken. */
  #mine<P, R>(
    method: (params: P, signal: AbortSignal) => Promise<R>,
  ): (params: P, signal: AbortSignal) => Promise<R> {
    return async (params, signal) => {
      if (!this.#guard)
        throw new ShakedownError({ message: 'the agent was not greeted: `hello` comes first' });
      return method(params, signal);
    };
  }
}

/** As many paths as fit into half of an answer. */
function firstOf(paths: readonly string[]): readonly string[] {
  let left = maxAnswer / 2;
  return paths.filter((path) => {
    left -= Buffer.byteLength(path) + 3;
    return left > 0;
  });
}

/** Tells systemd of units that were placed or taken away. */
async function reloadUnits(paths: readonly string[]): Promise<void> {
  const any = paths.some((path) => /^\/(?:etc|run|lib|usr\/lib|usr\/local\/lib)\/systemd\//.test(path));
  if (any && hasSystemd()) await systemctl(['daemon-reload']);
}
