import type { Readable } from 'node:stream';
import type { LeftProcess } from '../../../common/results.ts';
import type { Agent } from '../../agent/agent.ts';
import type { LineSink } from '../results/distribute-log.ts';
import type { ProcessOutput } from '../results/process-output.ts';

export interface ProcessOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly output: ProcessOutput;
  /** One for each of its two outputs. */
  readonly lines: readonly [LineSink, LineSink];
  /** Seconds for all of it; without a byte. */
  readonly within: number | undefined;
  readonly silence: number | undefined;
  readonly signal: AbortSignal;
}

/** How a process of tests came to its end. */
export interface ProcessEnd {
  readonly how:
    | { readonly kind: 'exit'; readonly code: number }
    /** Somebody killed it, or it crashed. */
    | { readonly kind: 'signal'; readonly signal: string }
    | { readonly kind: 'late' | 'silent'; readonly seconds: number }
    /** Its node, or the way there, is gone. */
    | { readonly kind: 'lost'; readonly reason: string }
    /** It was ended because the run is. */
    | { readonly kind: 'stopped' };
  /** ms */
  readonly took: number;
  /** Processes that it left running; they were ended. */
  readonly left: readonly LeftProcess[];
}

/** 128 and SIGKILL: how a shell tells that its command was killed. */
const killedCode = 137;

/** Runs one process of tests on a node, to its end; all its processes have ended then. Does not throw. */
export async function runProcess(agent: Agent, options: ProcessOptions): Promise<ProcessEnd> {
  const begin = performance.now();
  const stop = new AbortController();
  let limit: { readonly kind: 'late' | 'silent'; readonly seconds: number } | undefined;
  const { signal, within, silence } = options;
  const endIt = (kind: 'late' | 'silent', seconds: number) => () => {
    limit ??= { kind, seconds };
    stop.abort();
  };
  const late = within === undefined ? undefined : setTimeout(endIt('late', within), within * 1000);
  const quiet = silence === undefined ? undefined : setTimeout(endIt('silent', silence), silence * 1000);
  const end = (how: ProcessEnd['how'], left: readonly LeftProcess[] = []): ProcessEnd => ({
    how,
    left,
    took: Math.round(performance.now() - begin),
  });
  try {
    const { argv, cwd, env } = options;
    const either = AbortSignal.any([signal, stop.signal]);
    const task = await agent.spawn(argv, { cwd, env, leftovers: 'kill', signal: either });
    task.stdin.on('error', () => undefined).end();
    const heard = () => void quiet?.refresh();
    const outputs = [task.stdout, task.stderr].map((stream, index) =>
      pump(stream, options.output, options.lines[index], heard),
    );
    const { exitCode, signal: by, left } = await task.ended;
    await Promise.all(outputs);
    if (limit) return end(limit);
    if (signal.aborted) return end({ kind: 'stopped' });
    if (agent.ended.aborted) return end(lost(agent));
    if (by !== null || exitCode === null) return end({ kind: 'signal', signal: by ?? 'a signal' }, left);
    if (exitCode === killedCode) return end({ kind: 'signal', signal: 'SIGKILL' }, left);
    return end({ kind: 'exit', code: exitCode }, left);
  } catch (error) {
    if (signal.aborted) return end({ kind: 'stopped' });
    if (agent.ended.aborted) return end(lost(agent));
    return end({ kind: 'lost', reason: error instanceof Error ? error.message : String(error) });
  } finally {
    clearTimeout(late);
    clearTimeout(quiet);
  }
}

const lost = ({ ended: { reason } }: Agent) =>
  ({ kind: 'lost', reason: reason instanceof Error ? reason.message : String(reason) }) as const;

/** To its end, also when that is a broken connection, which the task's own end tells. */
async function pump(
  source: Readable,
  output: ProcessOutput,
  lines: LineSink | undefined,
  heard: () => void,
): Promise<void> {
  try {
    for await (const chunk of source) {
      heard();
      await Promise.all([output.write(chunk as Buffer), lines?.write(chunk as Buffer)]);
    }
  } catch {
    // See above.
  } finally {
    lines?.end();
  }
}
