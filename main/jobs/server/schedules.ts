import type { Selectable } from 'kysely';
import type { z } from 'zod';
import type { newSchedule, ScheduleView } from '../schedule-protocol.ts';
import { nextTimes, readCron } from '../schedules/cron.ts';
import { decide } from '../schedules/due.ts';
import type { ScheduleTable } from '../store/recipe-tables.ts';
import { Problem, refusing } from './problem.ts';
import { isUnderWay, keptApart, submitScheduled } from './scheduled-jobs.ts';
import type { Service } from './service.ts';
import type { Begun } from './submit-job.ts';

type Needed = Pick<Service, 'database' | 'store' | 'queue' | 'files' | 'signals' | 'vault' | 'now'>;
type Row = Selectable<ScheduleTable>;
type NewRow = z.output<typeof newSchedule> & { readonly submitter: string };

/** How many of the next times are told. */
const shown = 5;

/** Schedules by their names, and what is begun by them. Times are the server's, unless given. */
export class Schedules {
  readonly #service: Needed;

  constructor(service: Needed) {
    this.#service = service;
  }

  /** Makes one, instead of one that had its name. Throws Problem for a bad expression or zone. */
  async put(row: NewRow, now?: Date): Promise<ScheduleView> {
    const from = now ?? (await this.#service.now());
    const times = await refusing(async () => readCron(row.cron, row.zone));
    const { name, submission: _, jobs: __, ...rest } = row;
    const { secrets, ...kept } = keptApart(row);
    const values = { ...rest, ...kept, paused: false, next_at: times.next(from) ?? null };
    const { database, store, vault } = this.#service;
    await database.transaction(async () => {
      await store
        .insertInto('schedules')
        .values({ name, ...values })
        .onConflict((on) => on.column('name').doUpdateSet({ ...values, note: null }))
        .execute();
      await vault.putScheduled(name, secrets);
    });
    return await this.find(name, from);
  }

  async list(now?: Date): Promise<readonly ScheduleView[]> {
    const at = now ?? (await this.#service.now());
    return (await this.#rows().execute()).map((row) => viewOf(row, at));
  }

  /** Throws Problem when there is none. */
  async find(name: string, now?: Date): Promise<ScheduleView> {
    return viewOf(await this.#row(name), now ?? (await this.#service.now()));
  }

  /** Throws Problem when there is none. */
  async remove(name: string): Promise<void> {
    await this.find(name);
    await this.#service.store.deleteFrom('schedules').where('name', '=', name).execute();
  }

  /** Begins nothing until it is resumed. Throws Problem when there is none. */
  async pause(name: string): Promise<void> {
    await this.find(name);
    const { store } = this.#service;
    await store.updateTable('schedules').set({ paused: true }).where('name', '=', name).execute();
  }

  /** Goes on with the next time from now on; what came while it was paused is left out. */
  async resume(name: string, now?: Date): Promise<void> {
    const { cron, zone, paused } = await this.find(name);
    if (!paused) return;
    const next_at = readCron(cron, zone).next(now ?? (await this.#service.now())) ?? null;
    const { store } = this.#service;
    await store.updateTable('schedules').set({ paused: false, next_at }).where('name', '=', name).execute();
  }

  /** Begins a job or its matrix now, whatever its times are and whether it is paused or not. */
  async run(name: string, submitter: string): Promise<Begun> {
    const { database, store, signals } = this.#service;
    const row = await this.#row(name);
    const begun = await database.transaction(async () => {
      const submitted = await submitScheduled(this.#service, row, submitter);
      await store.updateTable('schedules').set(lastOf(submitted)).where('name', '=', name).execute();
      return submitted;
    });
    signals.changed('queue');
    return begun;
  }

  /**
   * Begins what is due. Any number of servers may do so at the same time: each schedule is taken by one, and
   * what that begins and the next time are written down together. Gives the ids of the jobs.
   */
  async look(now?: Date): Promise<readonly string[]> {
    const at = now ?? (await this.#service.now());
    const due = await this.#service.store
      .selectFrom('schedules')
      .select('name')
      .where('paused', '=', false)
      .where('next_at', '<=', at)
      .execute();
    const begun: string[] = [];
    for (const { name } of due) begun.push(...(await this.#begin(name, at)));
    if (begun.length > 0) this.#service.signals.changed('queue');
    return begun;
  }

  #begin(name: string, at: Date): Promise<readonly string[]> {
    const { database, store } = this.#service;
    return database.transaction(async () => {
      const row = await store
        .selectFrom('schedules')
        .selectAll()
        .where('name', '=', name)
        .where('paused', '=', false)
        .where('next_at', '<=', at)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      if (!row?.next_at) return [];
      const { missed, overlap, next_at: nextAt, cron, zone } = row;
      const isBusy = await isUnderWay(this.#service, row);
      const decision = decide({ times: readCron(cron, zone), missed, overlap, nextAt, isBusy }, at);
      const { jobs, last, problem } = await this.#submit(row, decision.begin.length);
      const note = problem ?? decision.note ?? null;
      const begun = last ? { last_at: at, ...lastOf(last) } : {};
      if (jobs.length > 0 || note !== row.note || decision.nextAt?.getTime() !== nextAt.getTime()) {
        await store
          .updateTable('schedules')
          .set({ next_at: decision.nextAt ?? null, note, ...begun })
          .where('name', '=', name)
          .execute();
      }
      return jobs;
    });
  }

  async #submit(row: Row, count: number) {
    const begun: Begun[] = [];
    let problem: string | undefined;
    try {
      while (begun.length < count) begun.push(await submitScheduled(this.#service, row, row.submitter));
    } catch (error) {
      // Its recipe may be gone; nothing was asked of the database that failed.
      if (!(error instanceof Problem)) throw error;
      problem = error.message;
    }
    return { jobs: begun.flatMap(({ jobs }) => jobs), last: begun.at(-1), problem };
  }

  #rows = () => this.#service.store.selectFrom('schedules').selectAll().orderBy('name');

  async #row(name: string): Promise<Row> {
    const found = await this.#rows().where('name', '=', name).executeTakeFirst();
    if (!found) throw new Problem(404, `there is no schedule '${name}'`);
    return found;
  }
}

const lastOf = ({ jobs, matrix }: Begun) => ({ last_job: jobs.at(-1) ?? null, last_matrix: matrix });

function viewOf(row: Row, now: Date): ScheduleView {
  const { name, cron, zone, missed, overlap, submitter, paused, note, last_at, next_at, jobs } = row;
  const following = next_at && !paused ? nextTimes(readCron(cron, zone), next_at, shown - 1) : [];
  return {
    ...{ name, cron, zone, missed, overlap, submitter, paused, note },
    ...(jobs ? { jobs: [...jobs] } : { submission: row.submission ?? { type: '' } }),
    next: [...(next_at && !paused ? [next_at] : []), ...following]
      .filter((time) => time > now || time === next_at)
      .map((time) => time.toISOString()),
    lastAt: last_at?.toISOString() ?? null,
    lastJob: row.last_job,
    lastMatrix: row.last_matrix,
  };
}
