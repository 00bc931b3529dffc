import type { Writable } from 'node:stream';
import type { Machine } from '../../providers/provider.ts';
import type { ScriptOptions } from '../script-options.ts';
import type { Parcel } from './send-script.ts';

/** What is done on each machine. */
export interface MachineTask {
  readonly parcel: Parcel;
  readonly get: readonly string[];
  readonly root: boolean;
  readonly timeout: number | undefined;
  readonly tty: NonNullable<ScriptOptions['tty']>;
  /** Seconds until ssh must have answered. */
  readonly connectWithin: number;
  /** Whether our folder on the machine stays. */
  readonly stays: (exitCode: number) => boolean;
}

/** One machine's own part. */
export interface MachineTurn {
  /** Its id is its number in the run. */
  readonly machine: Machine;
  /** The name of our folder on it, which no other run has. */
  readonly folder: string;
  /** Where the outputs are kept; absolute. */
  readonly logs: string;
  /** Where the files go; absolute. */
  readonly out: string;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
}
