import type { Writable } from 'node:stream';
import type { RunEvent } from '../../common/events.ts';

/** Shows a run as it goes. */
export interface Face {
  handle(event: RunEvent): void;
  /** Leaves the terminal as it was; may be called twice. */
  close(): void;
}

export const silentFace: Face = { handle: () => undefined, close: () => undefined };

export interface FaceOptions {
  readonly json: boolean;
  readonly stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  readonly env: NodeJS.ProcessEnv;
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal;
}

/** Whether it is a terminal on which a picture can be redrawn in place. */
export const isScreen = (stdout: FaceOptions['stdout'], env: NodeJS.ProcessEnv): boolean =>
  stdout.isTTY === true && env.TERM !== 'dumb' && !inCI(env);

/** As every CI service says it; `CI=false` says that it is none. */
const inCI = ({ CI = '' }: NodeJS.ProcessEnv): boolean => !['', '0', 'false'].includes(CI);
