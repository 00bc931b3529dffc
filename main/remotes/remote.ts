import type { Duplex, Readable, Writable } from 'node:stream';
import type { CommandResult } from '../../common/results.ts';

export interface ExecOptions {
  /** Ends the command on the node (closing the channel, and its process group where sudo allows). */
  readonly signal?: AbortSignal;
  /** Seconds; past them the command is ended and TimeLimitError thrown. */
  readonly timeout?: number;
  /** Run as root: directly when the user is root, else by `sudo -n`, or `doas -n` without sudo. */
  readonly root?: boolean;
  readonly stdin?: string | Buffer | Readable;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Output as it comes, besides being kept in the result. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Send output here instead of keeping it; `stdout` in the result is then empty. */
  readonly stdoutTo?: Writable;
  /**
   * Bytes of each stream that are kept in memory (1 MiB unless told); past it output goes to a file in
   * `spoolDir`, or is left out without that.
   */
  readonly maxBuffer?: number;
  readonly spoolDir?: string;
  /** It starts no other processes, so that an agent needs no control group to find them. */
  readonly single?: boolean;
}

/** A shell command line, or an argument list that is quoted for the shell. */
export type Command = string | readonly string[];

/** A command whose streams stay open: the agent, a shell. */
export interface RemoteProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Resolves when it has ended, also when the connection is lost (then with `exitCode` and `signal` null).
   */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
  /** Ends its processes on the node. */
  kill(): void;
  /** The size of its terminal, where it has one. */
  resize(rows: number, cols: number): void;
}

/**
 * One multiplexed connection to one node; calls may run side by side. When the connection is lost every call
 * under way throws ConnectionLostError. The one who connected disposes of it.
 */
export interface Remote extends AsyncDisposable {
  readonly address: string;
  /** Who logs in. */
  readonly user: string;
  /** Runs a command to its end. A non-zero exit is a result, not a throw. */
  exec(command: Command, options?: ExecOptions): Promise<CommandResult>;
  /** Starts a command and hands over its streams; `pty` for a terminal. */
  spawn(
    command: Command,
    options?: { readonly root?: boolean; readonly pty?: { readonly rows: number; readonly cols: number } },
  ): Promise<RemoteProcess>;
  /**
   * Sends a tree as one tar stream. `entries` are paths below `directory` (all of it unless told). Existing
   * files are replaced, others stay. Modes and links travel; owners become the receiving user (root with
   * `root`).
   */
  upload(
    directory: string,
    target: string,
    options?: TransferOptions & { entries?: readonly string[] },
  ): Promise<void>;
  /**
   * Sends one file by SFTP (`fastPut`), for big ones. Its mode travels unless another is told. Needs write
   * permission for the user, and throws ShakedownError where sshd offers no SFTP.
   */
  uploadFile(file: string, target: string, options?: UploadFileOptions): Promise<void>;
  /**
   * Brings one file by SFTP (`fastGet`), for big ones, into the file `file`, whose mode stays where it is
   * there. Needs read permission for the user, and throws ShakedownError where sshd offers no SFTP.
   */
  downloadFile(source: string, file: string, options?: FileTransferOptions): Promise<void>;
  /**
   * Brings paths (absolute, on the node) home into `directory` as one tar stream, each under its path without
   * the leading slash, or relative to `base`. Files that change, vanish or cannot be read are told, not
   * thrown, and so is that there was more than `maxBytes` or `maxFiles`: then what came before stays.
   */
  download(paths: readonly string[], directory: string, options?: DownloadOptions): Promise<Downloaded>;
  /**
   * Opens a port on the node that reaches `host:port` as seen from the main host. `port` 0 lets the node
   * choose.
   */
  forward(remotePort: number, target: { host: string; port: number }): Promise<Forwarding>;
  /** A stream to `host:port` as the node sees it. */
  connect(host: string, port: number): Promise<Duplex>;
  /** Aborted, with the reason, when the connection is lost. */
  readonly lost: AbortSignal;
}

export interface TransferOptions {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly root?: boolean;
  /** Is told, as bytes go or arrive, how many of them have; of a tree those of its stream. */
  readonly onProgress?: (bytes: number) => void;
}

export type FileTransferOptions = Omit<TransferOptions, 'root'>;

export interface UploadFileOptions extends FileTransferOptions {
  readonly mode?: number;
}

export interface DownloadOptions extends TransferOptions {
  readonly base?: string;
  /** Of the tar stream. No limit unless told. */
  readonly maxBytes?: number;
  /** Files, links and folders; 500,000 unless told. */
  readonly maxFiles?: number;
}

export interface Downloaded {
  readonly files: number;
  readonly bytes: number;
  /** What could not be brought home whole, with tar's own words: `work/sock: socket ignored`. */
  readonly problems: readonly string[];
}

export interface Forwarding extends AsyncDisposable {
  readonly remotePort: number;
}
