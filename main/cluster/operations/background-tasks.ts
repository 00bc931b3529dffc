import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { RunningTask, TaskEnd } from '../../agent/task.ts';
import type { Node } from '../node.ts';
import { KeptOutput } from './kept-output.ts';

/** A command that was started on a node and not waited for, as it is at one moment. */
export interface TaskStatus {
  readonly command: string;
  readonly running: boolean;
  /** Both null while it runs, and when its node was restarted or lost. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What it has printed until now; the first MiB of each. */
  readonly stdout: string;
  readonly stderr: string;
}

interface Background {
  readonly command: string;
  readonly task: RunningTask;
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
  end?: TaskEnd;
}

/** Seconds for all processes of a task that is stopped to end: SIGKILL comes after one. */
const stopWithin = 30;

/**
 * Commands that run on the nodes of a cluster while something else is done. They
 * end with the checks at the latest.
 */
export class BackgroundTasks {
  readonly #tasks = new Map<string, Background>();

  /** Starts it, with nothing to read, and gives its id. */
  async start(node: Node, command: string, options: { readonly root: boolean }): Promise<string> {
    // Its stdin stays open, for it is ended by breaking that off.
    const task = await node.agent.spawn(`exec </dev/null\n${command}`, { ...options, leftovers: 'kill' });
    const started: Background = { command, task, stdout: new KeptOutput(), stderr: new KeptOutput() };
    for (const name of ['stdout', 'stderr'] as const) {
      task[name].on('data', (chunk: Buffer) => started[name].add(chunk)).on('error', () => undefined);
    }
    task.stdin.on('error', () => undefined);
    void task.ended.then((end) => {
      started.end = end;
    });
    const id = `${node.id}/${this.#tasks.size + 1}`;
    this.#tasks.set(id, started);
    return id;
  }

  status(id: string): TaskStatus {
    const { command, end, stdout, stderr } = this.#of(id);
    const { exitCode = null, signal = null } = end ?? {};
    return { command, running: !end, exitCode, signal, stdout: stdout.text(), stderr: stderr.text() };
  }

  /**
   * Waits until it has ended by itself. Throws TimeLimitError past `timeout` (seconds), and it then runs on.
   */
  async ended(id: string, timeout: number, signal?: AbortSignal): Promise<TaskStatus> {
    const { command, task } = this.#of(id);
    await withTimeLimit({ what: `'${command}'`, seconds: timeout, ...present({ signal }) }, () => task.ended);
    return this.status(id);
  }

  /** Ends all its processes; one that has ended is left as it is. */
  async stop(id: string): Promise<TaskStatus> {
    const { command, task, end } = this.#of(id);
    if (!end) {
      task.stdin.destroy(new ShakedownError({ message: 'it is stopped' }));
      const what = `stopping '${command}'`;
      await withTimeLimit({ what, seconds: stopWithin }, () => task.ended).finally(() => task.kill());
    }
    return this.status(id);
  }

  /** Ends all that run. Never throws: what does not end now ends with its node's agent. */
  async stopAll(): Promise<void> {
    await Promise.allSettled([...this.#tasks.keys()].map((id) => this.stop(id)));
  }

  #of(id: string): Background {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new ShakedownError({ message: `there is no task '${id}'` });
    return task;
  }
}
