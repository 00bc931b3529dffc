import type { ColumnType, Generated } from 'kysely';
import type { Origins } from '../../distribute/history/merge.ts';
import type { FoldedProgress } from '../progress.ts';
import type { Json, Time } from './columns.ts';
import type { BuildTokenTable, RecipeTable, ScheduleTable } from './recipe-tables.ts';

/** What a worker can do, or a job needs; further fields are kept. */
export interface Capabilities {
  readonly jobtypes: readonly string[];
  readonly platforms: readonly string[];
  readonly labels: readonly string[];
}

export type JobState = 'queued' | 'running' | 'done' | 'cancelled' | 'lost' | 'skipped';
export type Role = 'admin' | 'submit' | 'worker' | 'read';
export type Verdict = 'pass' | 'fail' | 'error';

export interface Tables {
  readonly jobs: {
    readonly id: string;
    readonly type: string;
    readonly name: string;
    /** As it was submitted, with fields that only its worker knows. */
    readonly spec: Json<Record<string, unknown>>;
    /** A row of `groups`. */
    readonly group_id: number;
    readonly priority: number;
    readonly attempts: number;
    readonly not_before: ColumnType<Date | null, Date | null, Date | null>;
    readonly submitter: string;
    readonly state: JobState;
    /** pg-boss's job for the attempts since it was last enqueued; null for one that is held back. */
    readonly boss_id: string | null;
    /** Seconds that one attempt may take. */
    readonly time_limit: number | null;
    /** Why it was skipped. */
    readonly note: ColumnType<string | null, never, string | null>;
    /** Jobs that were submitted as one matrix have the same, and each is a cell of it. */
    readonly matrix: ColumnType<string | null, string | null, never>;
    readonly cell: ColumnType<Record<string, string> | null, string | null, never>;
    /** Attempts begun so far. */
    readonly tries: Generated<number>;
    readonly created_at: Time;
    readonly ended_at: ColumnType<Date | null, never, Date | null>;
    readonly verdict: ColumnType<Verdict | null, never, Verdict | null>;
    /** Kept, whatever else is deleted. */
    readonly pinned: ColumnType<boolean, never, boolean>;
  };
  /** Jobs with the same needs of one submitter: a queue of pg-boss's. */
  readonly groups: {
    readonly id: Generated<number>;
    /** One text for one set of needs. */
    readonly needs: string;
    readonly submitter: string;
    readonly wants: Json<Needs>;
  };
  /** A job comes after those that it needs. */
  readonly dependencies: { readonly job: string; readonly needs: string };
  /** How many jobs of a submitter run at once at most; of each that has none of its own: `*`. */
  readonly quotas: { readonly submitter: string; readonly running: number };
  /** Workers, by name, that get no jobs until then: also those that come later. */
  readonly pauses: {
    readonly name: string;
    readonly note: string;
    readonly said_by: string;
    readonly until: ColumnType<Date | null, Date | null, Date | null>;
    readonly since: Time;
  };
  readonly attempts: {
    readonly job: string;
    /** Counted from 1. */
    readonly number: number;
    readonly boss_id: string;
    readonly retry_count: number;
    readonly worker: string;
    readonly request: string;
    readonly lease_seconds: number;
    readonly lease_until: Date;
    /** When its job's time limit is over. */
    readonly ends_by: ColumnType<Date | null, Date | null, never>;
    readonly started_at: Time;
    readonly ended_at: ColumnType<Date | null, never, Date | null>;
    readonly outcome: ColumnType<Outcome | null, never, Outcome>;
    readonly result: ColumnType<unknown, never, string>;
    readonly progress: ColumnType<FoldedProgress | null, never, string>;
  };
  readonly workers: {
    readonly id: string;
    readonly name: string;
    readonly capabilities: Json<Capabilities>;
    readonly slots: number;
    readonly client_info: Json<unknown>;
    readonly beat_seconds: number;
    /** Ends when its jobs are over. */
    readonly draining: Generated<boolean>;
    readonly seen_at: Time;
    readonly registered_at: Time;
    /** When it said goodbye. */
    readonly left_at: ColumnType<Date | null, never, Date | null>;
    /** Id of the token that it came with, by which alone it goes on; empty for one of earlier versions. */
    readonly token: ColumnType<string, string | undefined, never>;
  };
  readonly artifacts: {
    readonly job: string;
    readonly attempt: number;
    readonly path: string;
    readonly sha256: string;
    readonly size: number;
  };
  /** What jobs found out of the test files of a project, by its name. */
  readonly test_histories: {
    readonly project: string;
    readonly origins: Json<Origins>;
    readonly changed_at: Time;
  };
  readonly recipes: RecipeTable;
  readonly build_tokens: BuildTokenTable;
  readonly schedules: ScheduleTable;
  readonly tokens: {
    readonly id: string;
    readonly name: string;
    readonly role: Role;
    readonly hash: string;
    readonly created_at: Time;
    readonly expires_at: Date | null;
  };
  readonly users: {
    readonly id: string;
    readonly name: string;
    readonly role: Role;
    /** Salted and hashed, with the parameters of that. */
    readonly password: string;
    readonly created_at: Time;
  };
  /** Who is logged in at the page: a user, or the holder of a token. */
  readonly sessions: {
    readonly hash: string;
    readonly user_id: string | null;
    readonly token_id: string | null;
    readonly created_at: Time;
    readonly expires_at: Date;
  };
  /** Of jobs that are not over, encrypted. */
  readonly job_secrets: { readonly job: string; readonly sealed: string };
  /** Of each of a schedule's jobs, encrypted, as long as there is the schedule. */
  readonly schedule_secrets: { readonly schedule: string; readonly sealed: string };
  /** Two rows, by the name and by the address, of each attempt that failed or is being looked at. */
  readonly failed_logins: { readonly who: string; readonly at: Time; readonly attempt: string | null };
}

export type Outcome = 'done' | 'lost' | 'cancelled' | 'timeout';

export interface Needs {
  readonly type: string;
  readonly platform?: string | undefined;
  readonly labels: readonly string[];
}
