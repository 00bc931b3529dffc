import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { isDiskFull } from '../../../common/system-errors.ts';
import { type CollectOptions, type Reached, tolerant } from './collecting.ts';
import { openOwnFile } from './own-file.ts';

/** Bytes of one report that come home, and of all that a node has; the rest of a longer one is left out. */
export interface ReportBounds {
  readonly each: number;
  readonly all: number;
}

const usual: ReportBounds = { each: 1024 ** 3, all: 4 * 1024 ** 3 };

/**
 * Brings home what the node and its services have written to logs and journals until now, into `logs`. Never
 * throws: what could not be had, or only in part, is in the sentences that it gives.
 */
export async function collectReports(
  node: Reached,
  { directory, sinceMs, signal, noRoom }: CollectOptions,
  bounds = usual,
): Promise<readonly string[]> {
  const { problems, attempt } = tolerant(present({ noRoom }));
  const logs = join(directory, 'logs');
  await attempt('reports', async () => {
    await mkdir(logs, { recursive: true });
    const units = node.config.services.flatMap(({ unit }) => (unit === undefined ? [] : [unit]));
    const budget = new Budget(bounds);
    const open = async (name: string) => {
      const file = await openOwnFile(logs, name);
      const target = file.createWriteStream().on('error', (error) => isDiskFull(error) && noRoom?.());
      return counted(target, budget.taker());
    };
    problems.push(...(await node.agent.reports({ sinceMs, units }, open, { signal })));
  });
  return problems;
}

/** Writes to `target` what `take` does not throw for; all of that is in it when this is closed. */
function counted(target: Writable, take: (chunk: Buffer) => void): Writable {
  let failure: Error | undefined;
  target.on('error', (error) => {
    failure ??= error;
  });
  const close = () =>
    new Promise<void>((resolve) => {
      if (target.closed) resolve();
      else target.once('close', resolve).end();
    });
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        take(chunk);
        target.write(chunk, done);
      } catch (error) {
        done(error as Error);
      }
    },
    final: (done) => void close().then(() => done(failure)),
    destroy: (error, done) => void close().then(() => done(error)),
  });
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
