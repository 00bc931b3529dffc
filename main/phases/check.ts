import { TimeLimitError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import { limited } from '../../common/time-limit.ts';
import type { CheckListener } from '../checks/check.ts';
import { noCheckNamed } from '../checks/check-filter.ts';
import { runDeclaredChecks } from '../checks/declared/declared-checks.ts';
import type { CheckHost } from '../checks/vitest/check-host.ts';
import type { LiveCluster } from '../cluster/live-cluster.ts';
import type { Scenario } from '../config/scenario.ts';
import type { RunContext } from '../context/run-context.ts';

/**
 * Checks the cluster: first what the config declares, which only looks, then the check files,
 * which may disturb it; all within `timeouts.check`. What the checks found goes to the
 * listener; throws only when they could not be made.
 */
export async function checkCluster(
  cluster: LiveCluster,
  { checks, timeouts }: Pick<Scenario, 'checks' | 'timeouts'>,
  host: CheckHost,
  listener: CheckListener,
  filter: string | undefined,
  ctx: RunContext,
): Promise<void> {
  const limit = timeouts.check;
  const deadline = Date.now() + limit * 1000;
  const options = { signal: limited(limit, ctx.signal), ...present({ filter }) };
  const declared = await runDeclaredChecks(checks, cluster, listener, options);
  ctx.signal.throwIfAborted();
  const left = Math.ceil((deadline - Date.now()) / 1000);
  if (left <= 0) throw new TimeLimitError('the checks', limit, { verdict: 'fail' });
  const tests = await host.run(cluster, listener, { signal: ctx.signal, timeout: left });
  ctx.signal.throwIfAborted();
  if (filter !== undefined && declared.length + tests.length === 0) {
    throw noCheckNamed(filter, [...checks.map(({ name }) => name), ...(await host.noneWanted)]);
  }
}
