import type { CheckResult } from '../../../common/results.ts';
import type { ClusterUnderTest } from '../../cluster/cluster-under-test.ts';
import type { DeclaredCheck } from '../../config/scenario.ts';
import type { Check, CheckListener } from '../check.ts';
import { isWanted } from '../check-filter.ts';
import { reasonOf } from '../reasons.ts';
import { CommandCheck } from './command-check.ts';
import { HttpCheck } from './http-check.ts';
import { describeTarget, targetsOf } from './targets.ts';
import { TcpCheck } from './tcp-check.ts';

/** The check that the config declares. */
function declaredCheck(spec: DeclaredCheck): Check {
  switch (spec.kind) {
    case 'tcp':
      return new TcpCheck(spec);
    case 'http':
      return new HttpCheck(spec);
    case 'command':
      return new CommandCheck(spec);
  }
}

/**
 * Runs the declared checks side by side and gives one result per check and target, in the order of the config
 * and of the nodes. `filter`: only checks whose name holds it, whatever the case. Never throws; an aborted
 * `signal` ends what is under way with verdict `error`.
 */
export async function runDeclaredChecks(
  specs: readonly DeclaredCheck[],
  cluster: ClusterUnderTest,
  listener: CheckListener,
  options: { readonly signal: AbortSignal; readonly filter?: string },
): Promise<readonly CheckResult[]> {
  const wanted = specs.filter((spec) => isWanted(spec.name, options.filter));
  const results = await Promise.all(
    wanted.map(async (spec) => {
      listener.started(spec.name);
      const found = await runOne(spec, cluster, options.signal);
      for (const result of found) listener.ended(result);
      return found;
    }),
  );
  return results.flat();
}

async function runOne(
  spec: DeclaredCheck,
  cluster: ClusterUnderTest,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const common = { name: spec.name, kind: spec.kind, durationMs: 0 } as const;
  if (signal.aborted) return [{ ...common, verdict: 'error', message: `not run: ${reasonOf(signal)}` }];
  // A check of nothing would pass without having looked.
  if (targetsOf(spec.on, cluster).length === 0) {
    const message = `there is nothing to check: no node is meant by ${describeTarget(spec.on)}`;
    return [{ ...common, verdict: 'error', message }];
  }
  return declaredCheck(spec).run(cluster, { signal });
}
