import { ControlGroup, ownControlGroup } from '../../common/processes/control-group.ts';
import type { AgentState } from '../agent-state.ts';
import { moveToOwnScope } from '../systemd/own-scope.ts';
import { agentGroup, removeForsakenGroups } from './forsaken-groups.ts';
import { limitMemory, limitsMemory } from './limited-group.ts';

/** Where the folders of the groups stand in the agent's state. */
const record = 'task-groups.json';

/**
 * The control groups of the tasks of a node's agents: below the one in which an agent is, so
 * that to systemd they belong to what its login belongs to. What is in them ends with the
 * agent, or by who cleans up after it.
 */
export class TaskGroups {
  readonly #state: AgentState;
  #own: ControlGroup | undefined;
  #parent: ControlGroup | undefined;
  #limiting: ControlGroup | undefined;

  constructor(state: AgentState, own: ControlGroup | undefined = ownControlGroup()) {
    this.#state = state;
    this.#own = own;
  }

  /** The one in which the agent is. */
  get own(): ControlGroup | undefined {
    return this.#own;
  }

  /** A group for one task; undefined where none can be made. */
  make(task: string): ControlGroup | undefined {
    const made = this.#parent?.make(task);
    if (made) return made;
    // There is none yet, or a clean-up took it away.
    this.#parent = this.#makeParent(this.#own);
    return this.#parent?.make(task);
  }

  /** A group whose processes may have so many bytes together; undefined where the kernel cannot see to it. */
  makeLimited(task: string, bytes: number): ControlGroup | undefined {
    const made = this.#limiting?.make(task) ?? this.#makeLimiting()?.make(task);
    if (!made || limitMemory(made, bytes)) return made;
    made.remove();
    return undefined;
  }

  /**
   * Whether the kernel can see to limits of memory. Who is not root may be handed a part of the
   * control groups by the systemd of its own login.
   */
  async canLimit(): Promise<boolean> {
    if (this.#tryLimit()) return true;
    if (process.getuid?.() === 0 || !(await moveToOwnScope())) return false;
    this.#own = ownControlGroup();
    this.#parent = undefined;
    return this.#tryLimit();
  }

  #tryLimit(): boolean {
    return this.makeLimited('probe', 2 ** 30)?.remove() === true;
  }

  /** Below a group that has none but groups in it, for only those have controllers (cgroups(7)). */
  #makeLimiting(): ControlGroup | undefined {
    const above = this.#own?.withAncestors().find(limitsMemory);
    const parent = this.#makeParent(above);
    this.#limiting = parent?.set('cgroup.subtree_control', '+memory') ? parent : undefined;
    return this.#limiting;
  }

  #makeParent(above: ControlGroup | undefined): ControlGroup | undefined {
    const parent = above?.make(agentGroup(this.#state.id));
    if (above && parent) removeForsakenGroups(above);
    // What is not written down would outlive an agent that is killed.
    return parent && this.#note([...this.#known(), parent.directory]) ? parent : undefined;
  }

  /** Ids of all processes in them. */
  find(): number[] {
    return this.#known().flatMap((directory) => new ControlGroup(directory).find());
  }

  /** Kills what is in them, and removes them. */
  async end(): Promise<void> {
    const groups = this.#known().map((directory) => new ControlGroup(directory));
    if (groups.length === 0) return;
    const ended = await Promise.all(groups.map((group) => group.end(2000)));
    // Whoever comes next tries again.
    this.#note(groups.filter((_, index) => !ended[index]).map(({ directory }) => directory));
  }

  #known(): readonly string[] {
    return this.#state.read<readonly string[]>(record, []);
  }

  #note(directories: readonly string[]): boolean {
    try {
      this.#state.note(record, [...new Set(directories)]);
      return true;
    } catch {
      return false;
    }
  }
}
