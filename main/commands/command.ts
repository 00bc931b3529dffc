import type { Writable } from 'node:stream';

/** Where a command runs and speaks; replaced in tests. */
export interface CommandEnvironment {
  /** The current folder, absolute: what runs leave behind lies in its `.shakedown/`. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  readonly stderr: Writable & { isTTY?: boolean };
  /** Aborted at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Aborted at the second one: do not wait for anything that can be left out. */
  readonly hurry: AbortSignal;
  readonly cacheDir: string;
}

/**
 * What a command does. `args` are the positional ones. Gives the exit code. UsageError becomes one line and
 * exit 2, ShakedownError its description and exit 3 (1 for verdict `fail`).
 */
export type Command = (
  args: readonly string[],
  options: CommandOptions,
  environment: CommandEnvironment,
) => Promise<number>;

/** Flags by their camel-cased name, and `rest`, what follows `--`. */
export type CommandOptions = Readonly<Record<string, unknown>> & { readonly rest: readonly string[] };

/** `[flags, description]` as cac writes them: `['-k, --key <file>', 'private key']`. */
export type Option = readonly [flags: string, description: string];

/** What one knows of `shakedown <name>` without loading what it does. */
export interface CommandEntry {
  readonly name: string;
  /** As cac writes them: `[scenario]`, `<node> -- <...command>`. */
  readonly args: string;
  readonly description: string;
  readonly options: readonly Option[];
  /** A line or two that one can copy. */
  readonly examples?: readonly string[];
  /** Loads what it does. */
  load(): Promise<Command>;
}
