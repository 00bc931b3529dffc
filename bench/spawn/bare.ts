/** A machine by the bare tool, without shakedown. */
export interface Bare {
  /** One machine made, `true` over the ssh client that ours has, too, and gone. */
  spawn(): Promise<void>;
  /** The same as a person types it: a script for bash, and OpenSSH's client. */
  byHand(): unknown;
  /** The same with the image built before; without it there is nothing to build. */
  built?(): Promise<() => unknown>;
  end(): Promise<void>;
}
