import type { ControlGroup } from '../../../common/processes/control-group.ts';

export interface WorkerOptions {
  /** `http://host:port` of a job server; several of one database, parted by commas. */
  readonly server: string;
  /** One with the role `worker`. */
  readonly token: string;
  /** Unless told, the host's. */
  readonly name?: string | undefined;
  /** Seconds of silence after which a server does not answer, and another one is asked. */
  readonly answerWithin?: number | undefined;
  /** How many jobs at once. */
  readonly slots?: number | undefined;
  /** Seconds between two heartbeats. */
  readonly beatSeconds?: number | undefined;
  /** Seconds of silence after which a job runs elsewhere. */
  readonly leaseSeconds?: number | undefined;
  /** For jobs' folders and for results that the server has not got yet. */
  readonly folder?: string | undefined;
  /** Below which jobs get control groups; this process's own unless told. */
  readonly controlGroup?: ControlGroup | undefined;
  readonly tell?: ((line: string) => void) | undefined;
  /** Called when the server has taken it. */
  readonly registered?: (() => void) | undefined;
}
