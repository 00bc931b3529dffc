import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ControlGroup } from '../../../common/processes/control-group.ts';
import { isAlive, processIdentity } from '../../../common/processes/process-identity.ts';
import type { JobGroups } from './job-groups.ts';

const identity = z.object({
  pid: z.number(),
  startTime: z.string().exactOptional(),
  bootId: z.string().exactOptional(),
});

/** What is noted beside the folder of a job. */
const noteOf = z.object({
  worker: identity,
  /** The job's first process. */
  process: identity.exactOptional(),
  /** The folder of its control group. */
  group: z.string().exactOptional(),
});

/**
 * Where a job is done: a folder and a control group of its own. What there is of them is noted on the disk,
 * so that whoever comes after a worker that was killed can end them.
 */
export class JobPlace {
  readonly folder: string;
  readonly #groups: JobGroups | undefined;
  #note: z.output<typeof noteOf>;

  private constructor(folder: string, note: z.output<typeof noteOf>, groups?: JobGroups) {
    this.folder = folder;
    this.#note = note;
    this.#groups = groups;
  }

  /** Makes a folder below `jobs`. */
  static make(jobs: string, groups: JobGroups): JobPlace {
    mkdirSync(jobs, { recursive: true, mode: 0o700 });
    const place = new JobPlace(mkdtempSync(join(jobs, 'job-')), { worker: processIdentity() }, groups);
    place.#write({});
    return place;
  }

  /** Those of workers that do not live any more; from now on they are this one's. */
  static left(jobs: string): readonly JobPlace[] {
    return namesIn(jobs).flatMap((name) => {
      const note = readNote(join(jobs, name));
      if (!note || isAlive(note.worker)) return [];
      const place = new JobPlace(join(jobs, name.slice(0, -ending.length)), note);
      place.#write({ worker: processIdentity() });
      return [place];
    });
  }

  /** The job's control group, made where there is none yet; undefined where none can be made. */
  group(): ControlGroup | undefined {
    const made = this.#groups?.make(`shakedown-${basename(this.folder)}-${process.pid}`);
    if (made && made.directory !== this.#note.group) this.#write({ group: made.directory });
    return made;
  }

  /** Notes the process that, asked to end, takes the job's machines away. */
  began(pid: number): void {
    this.#write({ process: processIdentity(pid) });
  }

  /** Whether that process lives. */
  get isBusy(): boolean {
    return this.#note.process !== undefined && isAlive(this.#note.process);
  }

  /** Kills all that the job started; false when something does not end. */
  async endProcesses(): Promise<boolean> {
    return this.#note.group === undefined || (await new ControlGroup(this.#note.group).end());
  }

  /** Takes the folder away. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.folder + ending, { force: true });
  }

  #write(more: Partial<z.output<typeof noteOf>>): void {
    this.#note = { ...this.#note, ...more };
    writeFileSync(this.folder + ending, JSON.stringify(this.#note));
  }
}

/** Of a note's name, after that of the folder. */
const ending = '.json';

function namesIn(jobs: string): readonly string[] {
  try {
    return readdirSync(jobs).filter((name) => name.endsWith(ending));
  } catch {
    return [];
  }
}

function readNote(file: string): z.output<typeof noteOf> | undefined {
  try {
    return noteOf.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // It was not written whole, for want of room: nothing had begun.
    return undefined;
  }
}
