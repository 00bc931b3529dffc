import type { Readable } from 'node:stream';
import type { Agent } from '../../agent/agent.ts';
import type { LineSink } from '../results/distribute-log.ts';
import type { ProcessOutput } from '../results/process-output.ts';
import { type ProcessEnd, type ProcessStart, startProcess } from './start-process.ts';
import { TimeLimits } from './time-limits.ts';

export interface ProcessOptions extends ProcessStart {
  readonly output: ProcessOutput;
  /** One for each of its two outputs. */
  readonly lines: readonly [LineSink, LineSink];
  /** Seconds for all of it; without a byte. */
  readonly within: number | undefined;
  readonly silence: number | undefined;
  /** Aborted when nobody needs what it comes to any more. */
  readonly cancelled: AbortSignal;
}

/** Runs one process of tests on a node, to its end; all its processes have ended then. Does not throw. */
export async function runProcess(agent: Agent, options: ProcessOptions): Promise<ProcessEnd> {
  const { output, lines, within, silence, cancelled } = options;
  const limits = new TimeLimits((why) => started.stop(why));
  limits.set('late', within);
  limits.set('silent', silence);
  const started = startProcess(agent, options, async ({ stdin, stdout, stderr }) => {
    stdin.end();
    const heard = () => limits.heard();
    await Promise.all([stdout, stderr].map((stream, index) => pump(stream, output, lines[index], heard)));
  });
  const cancel = () => started.stop({ kind: 'cancelled' });
  cancelled.addEventListener('abort', cancel, { once: true });
  if (cancelled.aborted) cancel();
  try {
    return await started.ended;
  } finally {
    cancelled.removeEventListener('abort', cancel);
    limits.clear();
  }
}

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
      lines?.write(chunk as Buffer);
      await output.write(chunk as Buffer);
    }
  } catch {
    // Its end tells.
  } finally {
    lines?.end();
  }
}
