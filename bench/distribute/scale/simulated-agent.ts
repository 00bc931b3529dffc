import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../../../main/agent/agent.ts';
import type { RunningTask, SpawnOptions } from '../../../main/agent/task.ts';

export interface Simulated {
  /** ms that each file takes, by its path. */
  readonly took: ReadonlyMap<string, number>;
  /** ms that a process takes beside its files. */
  readonly startMs: number;
  readonly runners: number;
}

/** Tests of each file, and bytes that a file's tests print. */
const [tests, printed] = [5, 1000];

/**
 * The agent of a node that is not there: its processes take as long as was recorded, print something and
 * leave a report. Commands are `run REPORT FILES…`.
 */
export function simulatedAgent({ took, startMs, runners }: Simulated): Agent {
  const reports = new Map<string, string>();
  const spawn = async ([, report = '', ...files]: readonly string[], { signal }: SpawnOptions = {}) => {
    const ms = files.reduce((sum, file) => sum + (took.get(file) ?? 0), startMs);
    const stdout = new PassThrough();
    const ended = sleep(ms, undefined, signal && { signal }).then(() => {
      reports.set(report, junit(files, took));
      stdout.end(
        'x'
          .repeat(79)
          .concat('\n')
          .repeat(Math.ceil((printed * files.length) / 80)),
      );
      return { exitCode: 0, signal: null, left: [] };
    });
    const task = {
      stdin: new PassThrough(),
      stdout,
      stderr: Readable.from([]),
      ended,
      kill: () => undefined,
    };
    return task as unknown as RunningTask;
  };
  const agent: Partial<Record<keyof Agent | typeof Symbol.asyncDispose, unknown>> = {
    ended: new AbortController().signal,
    exec: async () => ({ exitCode: 0, stdout: `${runners}\n`, stderr: '' }),
    spawn,
    planProject: async (directory: string) => ({
      directory: `/home/me/${directory}`,
      missing: [],
      deleted: 0,
    }),
    readFile: async (path: string) => {
      const report = reports.get(path) ?? '';
      reports.delete(path);
      return Buffer.from(report);
    },
    call: async (method: string) =>
      method === 'takePorts'
        ? { ports: Array.from({ length: runners }, (_, index) => 10_000 + 20 * index) }
        : { wrong: [], refused: [] },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return agent as unknown as Agent;
}

function junit(files: readonly string[], took: ReadonlyMap<string, number>): string {
  const cases = files.flatMap((file) =>
    Array.from({ length: tests }, (_, index) => {
      const seconds = ((took.get(file) ?? 0) / tests / 1000).toFixed(4);
      return `<testcase file="${file}" classname="${file}" name="test ${index} does what it is to do" time="${seconds}"/>`;
    }),
  );
  return `<testsuites><testsuite name="all">${cases.join('')}</testsuite></testsuites>`;
}
