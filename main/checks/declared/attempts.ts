import { setTimeout as sleep } from 'node:timers/promises';
import { asShakedownError, describeFailure } from '../../../common/errors.ts';
import { pauseAfter } from '../../../common/pause-after.ts';
import { present } from '../../../common/present.ts';
import type { CheckResult } from '../../../common/results.ts';
import { limited } from '../../../common/time-limit.ts';
import type { NodeUnderTest } from '../../cluster/cluster-under-test.ts';
import { ConnectionLostError } from '../../remotes/connection-errors.ts';
import { describeLoss, reasonOf } from '../reasons.ts';

/** What one attempt found: nothing when it is as expected, else what it was, as the end of `found …`. */
export type Finding = { readonly found: string; readonly detail?: string } | undefined;

export interface Attempts {
  /** The check as reports show it, its target included. */
  readonly name: string;
  readonly kind: string;
  /** As the end of `expected …`. */
  readonly expected: string;
  /** Seconds in which it must come true. */
  readonly within: number;
  readonly signal: AbortSignal;
  /** The node that it is about; its loss ends the check with verdict `error`. */
  readonly node?: NodeUnderTest;
  /** Looks once. The signal is aborted when the time is up. Whatever it throws is a finding. */
  readonly attempt: (signal: AbortSignal) => Promise<Finding>;
}

/** Looks again and again until it is as expected or the time is up. Never throws. */
export async function attemptUntil(spec: Attempts): Promise<CheckResult> {
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const signal = limited(spec.within, spec.signal, ...(spec.node ? [spec.node.lost] : []));
  let last: Finding;
  let count = 0;
  do {
    count += 1;
    const tried = performance.now();
    const finding = await attempt(spec, signal);
    if (finding instanceof ConnectionLostError || spec.node?.lost.aborted) {
      const reason = finding instanceof ConnectionLostError ? finding : spec.node?.lost.reason;
      return result(spec, begun, 'error', describeLoss(spec.node, reason));
    }
    if (finding === undefined) return result(spec, begun, 'pass');
    // What an attempt says that was cut short tells less than the one before it.
    if (last === undefined || !signal.aborted) last = finding;
    const pause = pauseAfter(tried - begun, performance.now() - tried);
    await sleep(pause, undefined, { signal }).catch(() => {});
  } while (!signal.aborted);
  if (spec.node?.lost.aborted) {
    return result(spec, begun, 'error', describeLoss(spec.node, spec.node.lost.reason));
  }
  if (spec.signal.aborted) {
    const ended = `not finished: ${reasonOf(spec.signal)}; ${wording(spec, last, count, seconds())}`;
    return result(spec, begun, 'error', ended, last?.detail);
  }
  return result(spec, begun, 'fail', wording(spec, last, count, seconds()), last?.detail);
}

async function attempt(spec: Attempts, signal: AbortSignal): Promise<Finding | ConnectionLostError> {
  try {
    return await spec.attempt(signal);
  } catch (error) {
    if (error instanceof ConnectionLostError) return error;
    if (signal.aborted) return { found: 'no answer in time' };
    return { found: describeFailure(asShakedownError(error).details) };
  }
}

function wording(spec: Attempts, last: Finding, count: number, seconds: number): string {
  const times = count === 1 ? '1 attempt' : `${count} attempts`;
  return `expected ${spec.expected}; found ${last?.found ?? 'nothing'} (${times} in ${seconds.toFixed(1)} s)`;
}

function result(
  spec: Attempts,
  begun: number,
  verdict: CheckResult['verdict'],
  message?: string,
  detail?: string,
): CheckResult {
  return {
    name: spec.name,
    kind: spec.kind,
    verdict,
    durationMs: Math.round(performance.now() - begun),
    ...present({ message, detail: detail || undefined }),
  };
}
