import { basename, dirname } from 'node:path';
import { ControlGroup, ownControlGroup } from '../../../common/processes/control-group.ts';

/** The part of its own group into which a worker goes, where its jobs are beside it. */
const workersPart = 'shakedown-worker';

/** What the worker gets of the processor for each 100 that a job gets (cgroups(7), `cpu.weight`). */
const weight = '1000';

/**
 * The control groups of a worker's jobs, below its own one: what a job starts is in its group, be it in
 * another session, orphaned, or without its environment. A worker that is alone in its group (as in a systemd
 * unit with Delegate=yes) moves into a part of that and has more weight than its jobs: version 2 shares the
 * processor out among groups only where no process is beside them.
 */
export class JobGroups {
  readonly #own: ControlGroup | undefined;
  readonly #tell: (line: string) => void;
  #isReady = false;
  #hasTold = false;

  constructor(tell: (line: string) => void, own: ControlGroup | undefined = ownControlGroup()) {
    const isPart = own && basename(own.directory) === workersPart;
    this.#own = isPart ? new ControlGroup(dirname(own.directory)) : own;
    this.#tell = tell;
  }

  /** One of that name; undefined where none can be made, which is told once. */
  make(name: string): ControlGroup | undefined {
    if (!this.#isReady) this.#haveWeight();
    this.#isReady = true;
    const made = this.#own?.make(name);
    if (!made && !this.#hasTold) {
      this.#hasTold = true;
      this.#tell(
        'no control groups can be made here: what a job starts in a session of its own may go on when the ' +
          'job is over. Run the worker as root, or by shakedown worker start',
      );
    }
    return made;
  }

  #haveWeight(): void {
    const own = this.#own;
    if (own?.members().join() !== String(process.pid)) return;
    const part = own.make(workersPart);
    if (!part?.set('cgroup.procs', '0')) return;
    if (own.set('cgroup.subtree_control', '+cpu')) part.set('cpu.weight', weight);
  }
}
