import { withTimeLimit } from '../../common/time-limit.ts';
import { type ProcessResult, runProcess } from '../process.ts';
import { Bus, BusError, BusLostError } from './bus.ts';
import { unitName } from './unit-name.ts';

/** How something went that systemd was asked to do; as systemctl(1) tells it. */
export type Done = Pick<ProcessResult, 'exitCode' | 'stderr'>;

/** Where systemd itself listens, for root only: also while the bus of the system is not there. */
const socket = '/run/systemd/private';
export const manager = {
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;

let known: Promise<Bus | undefined> | undefined;

/** The connection to systemd; undefined where there is none to be had. */
async function bus(): Promise<Bus | undefined> {
  const asked = known;
  const before = await asked;
  // systemd closes it when it starts itself anew; and an early agent may come before systemd listens.
  if (known === asked && before?.lost.aborted !== false) known = Bus.open(socket).catch(() => undefined);
  return known;
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the answer; 30 without it. */
  readonly seconds?: number;
}

/**
 * Asks systemd itself, and where that is not to be had, or goes away meanwhile, by systemctl(1). Throws
 * TimeLimitError where it does not answer in time.
 */
export async function ask<T>(
  question: (bus: Bus) => Promise<T>,
  otherwise: () => Promise<T>,
  { signal, seconds = 30 }: AskOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  const there = await bus();
  if (!there) return otherwise();
  try {
    return await withTimeLimit({ what: 'the answer of systemd', seconds, signal }, () => question(there));
  } catch (error) {
    if (error instanceof BusLostError) return otherwise();
    throw error;
  }
}

/** The same about one unit; systemctl(1) also takes what it alone makes a name of. */
export function askOfUnit<T>(
  unit: string,
  question: (bus: Bus, name: string) => Promise<T>,
  otherwise: () => Promise<T>,
  options: AskOptions = {},
): Promise<T> {
  const name = unitName(unit);
  return name === undefined ? otherwise() : ask((there) => question(there, name), otherwise, options);
}

/** Runs systemctl without colours, pager and questions. */
export const systemctl = (args: readonly string[], signal?: AbortSignal): Promise<ProcessResult> =>
  runProcess(['systemctl', '--no-pager', '--no-ask-password', ...args], {
    env: { LC_ALL: 'C', SYSTEMD_COLORS: '0' },
    signal,
  });

/** A refusal of systemd's as what came of it; all else is thrown on. */
export const refused =
  (what: string) =>
  (error: unknown): Done => {
    if (!(error instanceof BusError)) throw error;
    const exitCode = error.error.endsWith('.NoSuchUnit') ? 5 : 1;
    return { exitCode, stderr: `Failed to ${what}: ${error.message}` };
  };
