import { createWriteStream } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asShakedownError } from '../../common/errors.ts';
import type { CollectPlan, NodeReport } from '../../common/protocol.ts';
import type { Node, PlannedNode } from '../cluster/node.ts';

/** Bytes; a file beyond it is listed and left where it is. */
const maxFileSize = 4 * 1024 ** 3;

/** What collecting needs of a node. */
export type Reached = Pick<Node, 'config' | 'agent' | 'remote'>;

export interface CollectOptions {
  /** The node's own directory in the run: `nodes/<n>`. */
  readonly directory: string;
  /** The run's beginning, ms since the epoch. */
  readonly sinceMs: number;
  readonly signal: AbortSignal;
}

/**
 * Brings a node's working files, logs and reports home. Never throws: what could not be had is in the sentences that
 * it gives, so that one bad node, file or command does not cost the evidence of the rest.
 */
export async function collectNode(node: Reached, options: CollectOptions): Promise<readonly string[]> {
  const { problems, attempt } = tolerant();
  const logs = join(options.directory, 'logs');
  await mkdir(logs, { recursive: true });
  const plan = (await attempt('listing what to collect', () => askPlan(node, options))) ?? withoutAgent(node);
  problems.push(...plan.problems);
  await Promise.all([
    attempt('reports', () => fetchReports(node, logs, options, attempt)),
    attempt('files', async () => problems.push(...(await fetchFiles(node, plan.paths, options)))),
  ]);
  return problems;
}

/** Of that the logs and journals alone, in the same way. */
export async function collectReports(node: Reached, options: CollectOptions): Promise<readonly string[]> {
  const { problems, attempt } = tolerant();
  const logs = join(options.directory, 'logs');
  await attempt('reports', async () => {
    await mkdir(logs, { recursive: true });
    await fetchReports(node, logs, options, attempt);
  });
  return problems;
}

type Attempt = <T>(what: string, action: () => Promise<T>) => Promise<T | undefined>;

/** Attempts of which none throws: what one could not do is in `problems`. */
function tolerant(): { readonly problems: string[]; readonly attempt: Attempt } {
  const problems: string[] = [];
  const attempt: Attempt = async (what, action) => {
    try {
      return await action();
    } catch (error) {
      problems.push(`${what}: ${asShakedownError(error).message}`);
      return undefined;
    }
  };
  return { problems, attempt };
}

function askPlan(node: Reached, { signal }: CollectOptions): Promise<CollectPlan> {
  const { workingDir, collect } = node.config;
  return node.agent.call(
    'planCollection',
    { workingDir, globs: collect, maxFileSize },
    { signal, timeout: 30 },
  );
}

/** With the agent gone there is still ssh and tar: the working directory and the paths that need no globbing. */
function withoutAgent({ config }: Reached): CollectPlan {
  return {
    paths: [config.workingDir, ...config.collect.filter((glob) => !/[*?[{]/.test(glob))],
    problems: [],
  };
}

async function fetchFiles(
  node: Reached,
  paths: readonly string[],
  { directory, signal }: CollectOptions,
): Promise<readonly string[]> {
  const { workingDir } = node.config;
  const below = (path: string) => path === workingDir || path.startsWith(`${workingDir}/`);
  const working = paths.filter(below);
  const others = paths.filter((path) => !below(path));
  const files = join(directory, 'files');
  await mkdir(files, { recursive: true });
  const fetched = [];
  if (working.length > 0) {
    fetched.push(await node.remote.download(working, files, { base: workingDir, root: true, signal }));
  }
  if (others.length > 0) {
    fetched.push(await node.remote.download(others, join(directory, 'logs'), { root: true, signal }));
  }
  return fetched.flatMap((result) => result.problems);
}

/** Brings home what the node and its services have written to logs and journals until now. Throws ShakedownError. */
async function fetchReports(
  node: Reached,
  logs: string,
  { sinceMs, signal }: CollectOptions,
  attempt: Attempt,
): Promise<void> {
  const units = node.config.services.flatMap((service) => (service.unit === undefined ? [] : [service.unit]));
  const reports = await node.agent.call('reports', { sinceMs, units }, { signal, timeout: 30 });
  await Promise.all(
    reports.map((report) => attempt(report.name, () => fetchReport(node, report, logs, signal))),
  );
}

async function fetchReport(
  node: Reached,
  report: NodeReport,
  logs: string,
  signal: AbortSignal,
): Promise<void> {
  const file = join(logs, report.name);
  await mkdir(dirname(file), { recursive: true });
  const stdoutTo = createWriteStream(file);
  try {
    await node.remote.exec(report.command, { root: true, stdoutTo, signal });
  } finally {
    await new Promise<void>((resolve) => stdoutTo.end(resolve));
  }
}

/** What the main host itself has of a machine: its console, where the provider keeps one. */
export async function collectConsole(
  { machine }: Pick<PlannedNode, 'machine'>,
  directory: string,
): Promise<void> {
  if (machine.consoleLog === undefined) return;
  const logs = join(directory, 'logs');
  await mkdir(logs, { recursive: true });
  await copyFile(machine.consoleLog, join(logs, 'console.log')).catch(() => undefined);
}
