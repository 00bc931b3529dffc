import type { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';

/**
 * A machine to run a script on, as the options of its provider: `{ os: 'trixie', memory:
 * '1G', packages: ['make'] }`, `{ provider: 'ssh', hosts: ['admin@10.0.0.5'] }`. Without
 * `provider` it is whichever works on this main host.
 */
export interface ScriptMachine {
  readonly provider?: string;
  /** Its name, and with several of them the beginning of each one's; `node0` and so on without it. */
  readonly name?: string;
  /** How many of these; 1 unless told. */
  readonly count?: number;
  readonly os?: string;
  readonly memory?: number | string;
  readonly cpus?: number;
  /** Debian packages that it has from the start, in the cached image. */
  readonly packages?: readonly string[];
  /** Whatever else its provider takes. */
  readonly [option: string]: unknown;
}

/** What is asked of one run of a script. Paths of the main host are absolute or relative to `directory`. */
export interface ScriptOptions {
  /** The script's file, or its text. */
  readonly script: string | { readonly text: string };
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A folder to take along: the script starts in a copy of it. Without it in an empty folder. */
  readonly with?: string;
  /**
   * Files and folders to bring back: paths on the machine with `*`, `?`, `[…]`
   * and `**`, relative to where it starts.
   */
  readonly get?: readonly string[];
  /**
   * Where they go: into this folder, with several machines each into a folder of
   * its name. The run's own without it.
   */
  readonly out?: string;
  /**
   * Seconds for the script itself: past them SIGTERM, 5 s later SIGKILL, and
   * exit code 124. No limit without it.
   */
  readonly timeout?: number;
  /** The user to log in as; root on machines that are made. */
  readonly user?: string;
  /** A private key's file. */
  readonly key?: string;
  /** Run it as root (by sudo where the user is another), which is the default. */
  readonly root?: boolean;
  /** Give it a terminal; its two outputs are one then. With a TerminalPair it is yours. */
  readonly tty?: boolean | TerminalPair;
  /** Whether machines stay when it is over, for `shakedown shell` and `exec`; `never` unless told. */
  readonly keep?: 'never' | 'on-failure' | 'always';
  /** Build cached images again. */
  readonly rebuild?: boolean;
  /** Where `.shakedown/` lies: the current folder unless told. */
  readonly directory?: string;
  readonly cacheDir?: string;
  /** Its output as it comes, lines with the machine's name before them where there are several. Not ended. */
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Told what happens to the machines, a sentence each. */
  readonly onNote?: (message: string) => void;
  /** Ends the script, brings the files home and destroys the machines. */
  readonly signal?: AbortSignal;
  /** Ends waiting for the files too. */
  readonly hurry?: AbortSignal;
}

/** A terminal of ours to tie to a script's. */
export interface TerminalPair {
  readonly stdin: ReadStream;
  readonly stdout: Pick<WriteStream, 'on' | 'off'> & { readonly rows?: number; readonly columns?: number };
}
