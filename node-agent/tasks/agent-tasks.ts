import type { AgentState } from '../agent-state.ts';
import { emptyFolders } from '../project/empty-folders.ts';
import { findProgram } from '../project/find-program.ts';
import { PortRanges } from '../project/port-ranges.ts';
import { SyncedProject } from '../project/sync-project.ts';
import { tryWriting } from '../project/try-writing.ts';
import type { AgentConnection, Methods } from '../serve.ts';
import { MemoryWatch } from './memory-watch.ts';
import { runTask } from './run-task.ts';
import { Starter } from './starter.ts';
import { TaskGroups } from './task-groups.ts';

type OfTasks = 'task' | 'takePorts' | 'memoryLimits';
type OfProjects = 'planProject' | 'checkProject' | 'emptyFolders' | 'findProgram' | 'tryWriting';

/** The commands that an agent runs, and the project that they are of. */
export class AgentTasks {
  readonly #state: AgentState;
  readonly #streams: AgentConnection['streams'];
  readonly #groups: TaskGroups;
  readonly #starter = new Starter();
  readonly #ports: PortRanges;
  #project: SyncedProject | undefined;

  /** `holder`: the name by which ports are taken. */
  constructor(state: AgentState, streams: AgentConnection['streams'], holder: string) {
    this.#state = state;
    this.#streams = streams;
    this.#groups = new TaskGroups(state);
    this.#ports = new PortRanges(holder);
  }

  /** There will be tasks soon: the first one finds who starts it. */
  prepare(): void {
    this.#starter.prepare();
  }

  get methods(): Pick<Methods, OfTasks | OfProjects> {
    const streams = this.#streams;
    const host = {
      ...{ streams, groups: this.#groups, starter: this.#starter },
      memory: new MemoryWatch(),
      logFile: (name: string) => this.#state.logFile(name),
    };
    return {
      task: (params, signal) => runTask(params, host, signal),
      planProject: ({ directory, manifest }, signal) => {
        this.#project = new SyncedProject(directory, this.#state);
        return this.#project.plan(streams.read(manifest), signal);
      },
      checkProject: async (_, signal) => ({ wrong: (await this.#project?.check(signal)) ?? [] }),
      tryWriting: async ({ folders }) => ({ refused: await tryWriting(folders) }),
      emptyFolders,
      findProgram,
      takePorts: async (params) => ({ ports: await this.#ports.take(params) }),
      memoryLimits: async () => ({ by: (await this.#canLimit()) ? 'kernel' : 'measured' }),
    };
  }
  async #canLimit(): Promise<boolean> {
    const { own } = this.#groups;
    const can = await this.#groups.canLimit();
    // Who starts tasks stands where the agent stood before.
    if (this.#groups.own !== own) this.#starter.renew();
    return can;
  }
}
