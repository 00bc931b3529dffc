import { exitCodes } from './exit-codes.ts';
import type { PhaseName, Verdict } from './results.ts';
import { remedyFor } from './system-errors.ts';
import { printable, printableData, printableLine } from './text/printable.ts';

/** What is known about a failure, so that the person can act on it. Everything but `message` is optional. */
export interface FailureDetails {
  /** One or two sentences: what happened. Without the node and phase, which are told before it. */
  readonly message: string;
  /** `fail` when the system under test is wrong, `error` when we could not tell. */
  readonly verdict?: Exclude<Verdict, 'pass' | 'skip'>;
  readonly node?: number;
  readonly address?: string;
  readonly phase?: PhaseName;
  /** When it happened, ms since the epoch by the clock of who tells it; it may be known only later. */
  readonly at?: number;
  readonly command?: string;
  /** What ran the command, where that is a line for a shell: `bash`, `sh`. */
  readonly shell?: string;
  readonly exitCode?: number | null;
  /** The last lines of output, oldest first. */
  readonly lastLines?: readonly string[];
  /** Where the whole story is, relative to the run directory. */
  readonly log?: string;
  /** What to try next, as an imperative sentence. */
  readonly hint?: string;
}

/**
 * A failure that the person can act on. It carries plain data, so that it crosses the wire and the events
 * file unchanged; `describeFailure` puts it into words. All of it is printable, whatever a node said in it.
 */
export class ShakedownError extends Error {
  readonly details: FailureDetails;

  constructor(details: FailureDetails, options?: ErrorOptions) {
    super(printable(details.message), options);
    this.name = 'ShakedownError';
    this.details = printableDetails(details);
  }

  get verdict(): 'fail' | 'error' {
    return this.details.verdict ?? 'error';
  }

  /** What our programs end with when it is told. */
  get exitCode(): number {
    return exitCodes[this.verdict];
  }

  /** The same error with what only the caller knows filled in; what is already known stays. */
  with(more: Partial<FailureDetails>): ShakedownError {
    return new ShakedownError({ ...more, ...this.details }, { cause: this.cause });
  }
}

function printableDetails({ lastLines, ...details }: FailureDetails): FailureDetails {
  if (!lastLines) return printableData(details);
  const lines = lastLines.flatMap((line) => printable(line).split('\n'));
  return { ...printableData(details), lastLines: lines.map((line) => printableLine(line)) };
}

/** A mistake on the command line or in a config or template: exit code 2, and no machine was touched. */
export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, options: ErrorOptions & { hint?: string } = {}) {
    super(message, options);
    this.name = 'UsageError';
    this.hint = options.hint;
  }
}

/** The run was interrupted by a signal: exit code 130. */
export class InterruptedError extends Error {
  constructor(message = 'interrupted') {
    super(message);
    this.name = 'InterruptedError';
  }
}

/** A remote command or check that ran into its time limit; in seconds. */
export class TimeLimitError extends ShakedownError {
  constructor(what: string, seconds: number, more: Partial<FailureDetails> = {}) {
    super({ message: `${what} did not finish within ${seconds} s`, ...more });
    this.name = 'TimeLimitError';
  }
}

/** Any thrown value as a ShakedownError; errors of ours keep their details, others become verdict `error`. */
export function asShakedownError(error: unknown, more: Partial<FailureDetails> = {}): ShakedownError {
  if (error instanceof ShakedownError) return error.with(more);
  const message = error instanceof Error ? error.message : String(error);
  const hint = remedyFor(error);
  return new ShakedownError({ message, ...(hint === undefined ? {} : { hint }), ...more }, { cause: error });
}

/** `Node 1 (10.0.0.12), start: …` and what follows, as the lines that a person reads; no stack trace. */
export function describeFailure(details: FailureDetails): string {
  const { node, address, phase, command, shell, exitCode, lastLines, log, hint } = details;
  const where = node === undefined ? '' : `Node ${node}${address ? ` (${address})` : ''}`;
  const head = [where, phase].filter(Boolean).join(', ');
  // What goes on in further lines is indented, so that it is not taken for something else.
  const inside = (text: string) => text.replaceAll('\n', '\n    ');
  const lines = [inside(head ? `${head}: ${details.message}` : details.message)];
  if (command !== undefined) {
    const code = exitCode === undefined ? '' : `exit ${exitCode ?? 'by signal'}`;
    const how = [shell, code].filter(Boolean).join(', ');
    lines.push(`  command: ${inside(command)}${how && `  (${how})`}`);
  }
  for (const line of lastLines ?? []) lines.push(`  | ${line}`);
  if (log) lines.push(`  log: ${log}`);
  if (hint) lines.push(`  try: ${inside(hint)}`);
  return lines.join('\n');
}
