import type { TaskStatus } from '../operations/background-tasks.ts';
import { failure } from './cluster-error.ts';
import { asking, type Way } from './way.ts';

/** A fault that is in effect until it is healed: by `heal`, or when the checks are over. */
export interface Fault extends AsyncDisposable {
  /** Takes it back, and resolves when nothing is left of it; a second time does nothing. */
  heal(): Promise<void>;
}

/** A command that runs on a node meanwhile, until it has ended, is stopped, or the checks are over. */
export interface Task extends AsyncDisposable {
  /** What it has come to and printed until now. */
  status(): Promise<TaskStatus>;
  /** Waits until it has ended by itself; throws past `timeout` seconds (60 unless told), and it runs on. */
  ended(options?: { readonly timeout?: number }): Promise<TaskStatus>;
  /** Ends all its processes: SIGTERM, and after a second SIGKILL. One that has ended is left as it is. */
  stop(): Promise<TaskStatus>;
}

/** The fault of that id. */
export function fault(id: string, way: Way): Fault {
  const heal = async (): Promise<void> => {
    await way.ask({ scope: 'cluster', method: 'healFault', params: [id] }, failure(heal));
  };
  return { heal, [Symbol.asyncDispose]: heal };
}

/** The task of that id. */
export function task(id: string, way: Way): Task {
  const about = (method: 'taskStatus' | 'taskEnded' | 'stopTask') => {
    const call = async (...more: readonly unknown[]) =>
      (await way.ask(asking({ scope: 'cluster' }, method, [id, ...more]), failure(call))) as TaskStatus;
    return call;
  };
  const stop = about('stopTask');
  const dispose = async () => void (await stop());
  return { status: about('taskStatus'), ended: about('taskEnded'), stop, [Symbol.asyncDispose]: dispose };
}
