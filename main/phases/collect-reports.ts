import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import type { NodeReport } from '../../common/protocol.ts';
import { type Attempt, type CollectOptions, type Reached, tolerant } from './collecting.ts';
import { openOwnFile } from './own-file.ts';

/** Bytes of one report that come home, and of all that a node has; the rest of a longer one is left out. */
export interface ReportBounds {
  readonly each: number;
  readonly all: number;
}

const usual: ReportBounds = { each: 1024 ** 3, all: 4 * 1024 ** 3 };

/**
 * Brings home what the node and its services have written to logs and journals until now, into `logs`. Never throws:
 * what could not be had, or only in part, is in the sentences that it gives.
 */
export async function collectReports(
  node: Reached,
  { directory, sinceMs, signal }: CollectOptions,
  bounds = usual,
): Promise<readonly string[]> {
  const { problems, attempt } = tolerant();
  const logs = join(directory, 'logs');
  await attempt('reports', async () => {
    await mkdir(logs, { recursive: true });
    const units = node.config.services.flatMap(({ unit }) => (unit === undefined ? [] : [unit]));
    const reports = await node.agent.call('reports', { sinceMs, units }, { signal, timeout: 30 });
    await fetchAll(node, reports, { logs, signal, attempt, budget: new Budget(bounds) });
  });
  return problems;
}

interface Fetching {
  readonly logs: string;
  readonly signal: AbortSignal;
  readonly attempt: Attempt;
  readonly budget: Budget;
}

async function fetchAll(node: Reached, reports: readonly NodeReport[], fetching: Fetching): Promise<void> {
  const { attempt } = fetching;
  await Promise.all(reports.map((report) => attempt(report.name, () => fetchReport(node, report, fetching))));
}

async function fetchReport(
  node: Reached,
  { name, command }: NodeReport,
  { logs, signal, budget }: Fetching,
): Promise<void> {
  const file = await openOwnFile(logs, name);
  const stdoutTo = file.createWriteStream();
  let failure: Error | undefined;
  stdoutTo.on('error', (error) => {
    failure ??= error;
  });
  try {
    await node.remote.exec(command, { root: true, stdoutTo, onStdout: budget.taker(), signal });
  } finally {
    if (!stdoutTo.closed) await new Promise<void>((resolve) => stdoutTo.once('close', resolve).end());
  }
  if (failure) throw failure;
}

/** Counts what the reports of one node bring, and ends the one that brings too much. */
class Budget {
  readonly #bounds: ReportBounds;
  #all = 0;

  constructor(bounds: ReportBounds) {
    this.#bounds = bounds;
  }

  /** Takes the chunks of one report; throws ShakedownError when they are too many. */
  taker(): (chunk: Buffer) => void {
    let taken = 0;
    return ({ length }) => {
      taken += length;
      this.#all += length;
      if (taken > this.#bounds.each) throw cut(`it has more than ${this.#bounds.each} bytes`);
      if (this.#all > this.#bounds.all)
        throw cut(`the node's reports have more than ${this.#bounds.all} bytes`);
    };
  }
}

const cut = (why: string) => new ShakedownError({ message: `cut off: ${why}` });
