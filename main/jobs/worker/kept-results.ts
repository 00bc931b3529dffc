import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type JobsApi, RefusedError } from '../client/jobs-api.ts';
import { verdict } from '../protocol.ts';

const kept = z.object({ job: z.string(), number: z.number(), verdict, result: z.unknown() });
export type KeptResult = z.infer<typeof kept>;

/** Results that the server has not acknowledged yet: on the disk, so that they outlive the worker. */
export class KeptResults {
  readonly #folder: string;
  readonly #tell: (line: string) => void;

  constructor(folder: string, tell: (line: string) => void) {
    this.#folder = folder;
    this.#tell = tell;
  }

  /** Writes it down. One that cannot be written down is told, and is there as long as this process lives. */
  async keep(result: KeptResult): Promise<void> {
    const file = this.#file(result);
    await this.#write(file, result).catch((error: Error) => {
      rmSync(`${file}.new`, { force: true });
      this.#tell(`the result of job ${result.job} is not on the disk, only in memory: ${error.message}`);
    });
  }

  /** Tells the server, and forgets it when that has it or refuses it. Gives whether it was taken. */
  deliver = (api: JobsApi, result: KeptResult): Promise<boolean> =>
    this.#send(api, this.#file(result), result);

  forget = (result: KeptResult): void => rmSync(this.#file(result), { force: true });

  #file = ({ job, number }: KeptResult): string => join(this.#folder, `${job}.${number}.json`);

  /** Delivers what a worker before this one could not. What cannot be read is told, and left. */
  async deliverAll(api: JobsApi): Promise<void> {
    if (!existsSync(this.#folder)) return;
    for (const name of readdirSync(this.#folder).filter((each) => each.endsWith('.json'))) {
      const file = join(this.#folder, name);
      const { success, data } = kept.safeParse(jsonIn(file));
      if (success) await this.#send(api, file, data);
      else this.#tell(`${file} is no result of a job`);
    }
  }

  async #write(file: string, result: KeptResult): Promise<void> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const output = await open(`${file}.new`, 'w', 0o600);
    try {
      await output.writeFile(JSON.stringify(result));
      await output.sync();
    } finally {
      await output.close();
    }
    renameSync(`${file}.new`, file);
  }

  async #send(api: JobsApi, file: string, { job, number, verdict, result }: KeptResult): Promise<boolean> {
    let taken = true;
    try {
      await api.settle(job, number, { verdict, result: result ?? null });
    } catch (error) {
      if (!(error instanceof RefusedError) || error.status >= 500) throw error;
      taken = false;
    }
    rmSync(file, { force: true });
    return taken;
  }
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
