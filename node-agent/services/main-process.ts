import type { ChildProcess } from 'node:child_process';
import { isAlive, type ProcessIdentity } from '../../common/processes/process-identity.ts';
import type { ServiceEnd } from './service.ts';

/** The first process of a supervised command: when it ends, the service has ended. */
export interface MainProcess {
  readonly pid: number;
  readonly running: boolean;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** One that this agent has started. */
export function ownProcess(child: ChildProcess, onEnd: (end: ServiceEnd) => void): MainProcess {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  child.once('exit', (exitCode, signal) => {
    resolve();
    onEnd({ exitCode, signal, at: Date.now() });
  });
  return {
    pid: child.pid ?? 0,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    ended,
  };
}

/** How often one is looked for that is not our child, in ms. */
const lookEvery = 20;

/** One that an earlier agent started. How it ends only its parent would be told. */
export function adoptedProcess(process: ProcessIdentity, onEnd: (end: ServiceEnd) => void): MainProcess {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    if (isAlive(process)) return;
    clearInterval(timer);
    resolve();
    onEnd({ exitCode: null, signal: null, at: Date.now() });
  }, lookEvery);
  timer.unref();
  return {
    pid: process.pid,
    get running() {
      return isAlive(process);
    },
    ended,
  };
}
