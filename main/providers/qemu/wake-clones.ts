import type { RunContext } from '../../context.ts';
import type { MachinePlan } from './machine-plan.ts';
import { openMonitor } from './monitor.ts';
import { machineNames } from './names.ts';

export async function wakeClones(
  _cluster: string,
  _machines: readonly MachinePlan[],
  _ctx: RunContext,
): Promise<void> {}

/** The port of 127.0.0.1 that QEMU's own network forwards to ssh in the cluster's one machine. */
export async function forwardedPort(cluster: string, signal: AbortSignal): Promise<number> {
  using monitor = await openMonitor(machineNames(cluster, 0).monitor, 5000, signal);
  const told = await monitor.execute('human-monitor-command', { 'command-line': 'info usernet' });
  const [, port] = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+22\b/.exec(String(told)) ?? [];
  return Number(port);
}
