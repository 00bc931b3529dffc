import type { ColumnType } from 'kysely';
import type { Task } from '../recipe-protocol.ts';
import type { Json, Time } from './columns.ts';

export interface RecipeTable {
  readonly name: string;
  /** Of its package. */
  readonly sha256: string;
  readonly tasks: Json<readonly Task[]>;
  readonly uploader: string;
  readonly uploaded_at: Time;
}

/** A token for one attempt at a build, by which its result is posted back. */
export interface BuildTokenTable {
  readonly job: string;
  readonly number: number;
  readonly hash: string;
}

export type Scheduled = Record<string, unknown> & { readonly type: string };

export interface ScheduleTable {
  readonly name: string;
  readonly cron: string;
  /** Of the IANA database: `Europe/Berlin`. */
  readonly zone: string;
  /** What `POST /api/jobs` takes, with the names of its secrets; null for a matrix. */
  readonly submission: ColumnType<Scheduled | null, string | null, string | null>;
  /** What `POST /api/matrices` takes; null for a single job. */
  readonly jobs: ColumnType<readonly Scheduled[] | null, string | null, string | null>;
  readonly missed: 'skip' | 'once' | 'all';
  /** Whether a job is begun while the one before is not over. */
  readonly overlap: boolean;
  readonly submitter: string;
  readonly paused: boolean;
  /** Null when there is no further time. */
  readonly next_at: ColumnType<Date | null, Date | null, Date | null>;
  readonly last_at: ColumnType<Date | null, never, Date | null>;
  readonly last_job: ColumnType<string | null, never, string | null>;
  /** The matrix of that. */
  readonly last_matrix: ColumnType<string | null, never, string | null>;
  /** Why it did not do at its last time what it should. */
  readonly note: ColumnType<string | null, never, string | null>;
  readonly created_at: Time;
}
