import { present } from '../../../common/present.ts';
import type { LeftProcess } from '../../../common/results.ts';
import type { Agent } from '../../agent/agent.ts';
import type { RunningTask } from '../../agent/task.ts';

export interface ProcessStart {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Bytes that it may have with all that it starts; any number where none is told. */
  readonly memory: number | undefined;
}

/** How a process of tests came to its end. */
export interface ProcessEnd {
  readonly how:
    | { readonly kind: 'exit'; readonly code: number }
    /** Somebody killed it, or it crashed. */
    | { readonly kind: 'signal'; readonly signal: string }
    | { readonly kind: 'late' | 'silent'; readonly seconds: number }
    /** It had more memory than it may have; bytes. */
    | { readonly kind: 'memory'; readonly bytes: number; readonly limit: number }
    /** Its node, or the way there, is gone. */
    | { readonly kind: 'lost'; readonly reason: string }
    /** Another runner was done with its files before. */
    | { readonly kind: 'cancelled' }
    /** It was ended because the run is. */
    | { readonly kind: 'stopped' };
  /** ms */
  readonly took: number;
  /** Processes that it left running; they were ended. */
  readonly left: readonly LeftProcess[];
}

/** Why we end a process ourselves. */
export type Stop = Extract<ProcessEnd['how'], { kind: 'late' | 'silent' | 'signal' | 'cancelled' }>;

/** A process of tests that runs. */
export interface StartedProcess {
  /** Ends all its processes; the first reason counts. */
  stop(why: Stop): void;
  /** Does not throw. */
  readonly ended: Promise<ProcessEnd>;
}

/** 128 and SIGKILL: how a shell tells that its command was killed. */
const killedCode = 137;

/**
 * Starts a process of tests on a node. `read` gets its streams, and resolves when it has read all of them;
 * where they break, the process's end tells why. When it has ended, so have all that it started.
 */
export function startProcess(
  agent: Agent,
  { argv, cwd, env, signal, memory }: ProcessStart,
  read: (task: RunningTask) => Promise<void>,
): StartedProcess {
  const begin = performance.now();
  const stop = new AbortController();
  let stopped: Stop | undefined;
  const run = async (): Promise<Pick<ProcessEnd, 'how' | 'left'>> => {
    const either = AbortSignal.any([signal, stop.signal]);
    let left: readonly LeftProcess[] = [];
    try {
      const task = await agent.spawn(argv, {
        ...{ cwd, env, leftovers: 'kill', signal: either },
        ...present({ memory }),
      });
      task.stdin.on('error', () => undefined);
      const reading = read(task);
      const { exitCode, signal: by, ...end } = await task.ended;
      await reading;
      left = end.left;
      const { outOfMemory: bytes } = end;
      if (bytes !== undefined) return { how: { kind: 'memory', bytes, limit: memory ?? 0 }, left };
      if (!either.aborted && !agent.ended.aborted) return { how: howOf(exitCode, by), left };
    } catch (error) {
      if (!either.aborted && !agent.ended.aborted) return { how: lost(error), left };
    }
    if (stopped) return { how: stopped, left: [] };
    return { how: signal.aborted ? { kind: 'stopped' } : lost(agent.ended.reason), left: [] };
  };
  return {
    stop: (why) => {
      stopped ??= why;
      stop.abort();
    },
    ended: run().then((end) => ({ ...end, took: Math.round(performance.now() - begin) })),
  };
}

const howOf = (exitCode: number | null, signal: string | null): ProcessEnd['how'] => {
  if (signal !== null) return { kind: 'signal', signal };
  // An agent that has lost us ends all that it runs before we notice.
  if (exitCode === null) return { kind: 'lost', reason: 'its agent ended, or the way there broke off' };
  if (exitCode === killedCode) return { kind: 'signal', signal: 'SIGKILL' };
  return { kind: 'exit', code: exitCode };
};

const lost = (reason: unknown): ProcessEnd['how'] => ({
  kind: 'lost',
  reason: reason instanceof Error ? reason.message : String(reason),
});
