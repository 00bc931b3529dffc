import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { ControlGroup } from '../../common/processes/control-group.ts';
import type { Pipe, Pipes } from './pipes.ts';

/** Our ends of a task's streams, and its own until it has them. */
export interface Ends {
  readonly stdin?: Pipe;
  readonly stdout: Pipe;
  readonly stderr: Pipe;
}

/** A task's first process, and our ends of its streams. */
export interface StartedTask {
  /** What its processes are marked with. */
  readonly id: string;
  readonly group: ControlGroup | undefined;
  /** The kernel limits the group's memory. */
  readonly limited?: boolean;
  readonly child: ChildProcess;
  readonly ends: Ends;
}

export async function openEnds(pipes: Pipes, input: boolean): Promise<Ends> {
  const [stdin, stdout, stderr] = await Promise.all([
    input ? pipes.toWrite() : undefined,
    pipes.toRead(),
    pipes.toRead(),
  ]);
  return { stdout, stderr, ...(stdin && { stdin }) };
}

export function closeEnds(ends: Ends, side: 'near' | 'far'): void {
  for (const pipe of Object.values(ends)) closeSync(pipe[side]);
}

/** Resolves when it is there; rejects with the system's error when it could not be started. */
export function startOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}
