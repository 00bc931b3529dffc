import { mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ShakedownError } from '../common/errors.ts';
import { nodeCacheDirectory } from '../common/protocol/node-cache.ts';
import type { CleanParams, CleanResult } from '../common/protocol/placed-files.ts';
import { type AgentInfo, type HelloParams, protocolVersion } from '../common/protocol.ts';
import type { AgentState } from './agent-state.ts';
import { planCollection } from './collect/plan.ts';
import { planReports } from './collect/reports.ts';
import { sendReports } from './collect/send-reports.ts';
import { cleanTree } from './files/clean-tree.ts';
import { fileMethods } from './files/file-methods.ts';
import { Originals } from './files/originals.ts';
import { pathsThatFit } from './files/paths-that-fit.ts';
import { place } from './files/place.ts';
import { safeWorkingDirectory } from './files/working-directory.ts';
import { finishAll, finishUnlessHeld, holdServices, isHeld } from './finish.ts';
import { Guard } from './guard.ts';
import { RuntimeServer } from './hand-on/runtime-server.ts';
import { type Lease, takeLease } from './lease.ts';
import { hasSystemd, nodeFacts } from './node-facts.ts';
import { onceGreeted } from './once-greeted.ts';
import { HeldBackList } from './packages/held-back-list.ts';
import { install } from './packages/install.ts';
import { MarkedProcesses } from './proc/marked-processes.ts';
import type { AgentConnection, Methods } from './serve.ts';
import { serviceMethods } from './services/service-methods.ts';
import { Services } from './services/services.ts';
import { startHeldBack } from './services/units/held-back-units.ts';
import { UnitRecord } from './services/units/unit-record.ts';
import { reloadUnits } from './systemd/units.ts';
import { AgentTasks } from './tasks/agent-tasks.ts';

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
  readonly #tasks: AgentTasks;
  readonly #runtime = new RuntimeServer(process.execPath);
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
    this.#tasks = new AgentTasks(state, connection.streams, lease.name);
    this.#placed = new Originals(state.path('originals'));
    this.#units = new UnitRecord(state);
    this.#services = new Services(state, this.#marked, this.#units, {
      died: (died) => connection.notify('serviceDied', died),
      note: this.#tell.progress,
    });
  }

  /** Each but the greeting needs a node that was taken by it. */
  get methods(): Methods {
    return {
      hello: (params) => this.#hello(params),
      ...onceGreeted(
        {
          ...this.#ofNode,
          ...this.#tasks.methods,
          ...fileMethods(this.#connection.streams),
          ...serviceMethods(this.#services),
          ...this.#ofEvidence,
        },
        () => this.#guard !== undefined,
      ),
    };
  }

  get #ofNode(): Pick<
    Methods,
    'clock' | 'handOn' | 'clean' | 'install' | 'place' | 'startHeldBack' | 'hold' | 'release'
  > {
    return {
      clock: async () => ({ clockMs: Date.now() }),
      handOn: () => this.#runtime.admit(),
      clean: (params, signal) => this.#clean(params, signal),
      install: (params, signal) =>
        install(params, { state: this.#state, placed: this.#placed, signal, ...this.#tell }),
      place: async ({ files }) => {
        const placed = await place(files, this.#placed);
        await reloadUnitsOf(placed);
        return { placed };
      },
      startHeldBack: async ({ except }, signal) => {
        const context = { list: new HeldBackList(this.#state), record: this.#units, signal, ...this.#tell };
        return { started: hasSystemd() ? await startHeldBack(except, context) : [] };
      },
      hold: async () => {
        holdServices(this.#state);
        return {};
      },
      release: async () => {
        await this.#release();
        return {};
      },
    };
  }

  get #ofEvidence(): Pick<Methods, 'planCollection' | 'reports'> {
    return {
      planCollection: (params, signal) => planCollection(params, signal),
      reports: async ({ sinceMs, units, streams }) => {
        const since = sinceMs + this.#clockAhead - 2000;
        const sinks = streams.map((id) => this.#connection.streams.write(id));
        return sendReports(planReports({ sinceMs: since, units }, this.#state), sinks);
      },
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
      // Who has a share runs tasks above all: the first one finds who starts it, too.
      if (this.#lease.share !== undefined) this.#tasks.prepare();
    }
    if (clockMs !== undefined) this.#clockAhead = Date.now() - clockMs;
    return nodeFacts();
  }

  async #clean({ workingDir, keep }: CleanParams, signal: AbortSignal): Promise<CleanResult> {
    const directory = safeWorkingDirectory(workingDir, [
      this.#state.directory,
      nodeCacheDirectory,
      // Where that one cannot be used, it lies elsewhere.
      dirname(resolve(process.argv[1] ?? nodeCacheDirectory)),
    ]);
    await this.#release();
    mkdirSync(this.#state.logs, { recursive: true, mode: 0o700 });
    // Node's rmSync does not tell for what reason it could not.
    for (const name of readdirSync(this.#state.logs))
      await rm(join(this.#state.logs, name), { recursive: true, force: true });
    const { restored, problems } = await this.#placed.restore();
    await reloadUnitsOf(restored);
    for (const unit of await this.#units.settle())
      this.#tell.log(`unit '${unit}', which ran before, does not start again`);
    const notRestored = pathsThatFit(problems);
    return { unchanged: pathsThatFit(await cleanTree(directory, keep, signal)), restored, notRestored };
  }

  /** Stops all services, those that are held too. */
  async #release(): Promise<void> {
    await this.#services.forgetAll();
    await finishAll(this.#state);
  }
}

/** Tells systemd of units that were placed or taken away. */
async function reloadUnitsOf(paths: readonly string[]): Promise<void> {
  const any = paths.some((path) => /^\/(?:etc|run|lib|usr\/lib|usr\/local\/lib)\/systemd\//.test(path));
  if (any && hasSystemd()) await reloadUnits();
}
