import { TimeLimitError } from '../../common/errors.ts';
import type { CheckResult } from '../../common/results.ts';
import type { CheckHost } from '../checks/check-host.ts';
import { runDeclaredChecks } from '../checks/declared-checks.ts';
import { clusterUnderTest } from '../checks/session-cluster.ts';
import type { RunContext } from '../context.ts';
import type { Session } from './phase.ts';

/** Hears of checks as they come out. */
export interface CheckListener {
  started(name: string): void;
  ended(check: CheckResult): void;
}

/**
 * Checks the cluster: first what the config declares, which only looks, then the check files, which may disturb it.
 * What the checks found goes to the listener; throws only when they could not be made.
 */
export async function checkCluster(
  session: Session,
  host: CheckHost | undefined,
  listener: CheckListener,
  filter: string | undefined,
  ctx: RunContext,
): Promise<void> {
  const { scenario } = session;
  const cluster = clusterUnderTest(session);
  const limit = AbortSignal.timeout(scenario.timeouts.check * 1000);
  const signal = AbortSignal.any([ctx.signal, limit]);
  const options = { signal, ...(filter === undefined ? {} : { filter }) };
  await runDeclaredChecks(scenario.checks, cluster, listener, options);
  if (limit.aborted) throw new TimeLimitError('the checks', scenario.timeouts.check, { verdict: 'fail' });
  ctx.signal.throwIfAborted();
  await host?.run(cluster, listener, { signal: ctx.signal, timeout: scenario.timeouts.check });
  ctx.signal.throwIfAborted();
}
