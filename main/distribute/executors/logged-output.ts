import { ProcessOutput } from '../results/process-output.ts';
import type { Place, Work } from './work.ts';

/** A part of a warm process's output: in a file of its own, and line by line in `distribute.log`. */
export class LoggedOutput {
  readonly kept: ProcessOutput;
  readonly #lines: ReturnType<Work['log']['lines']>;
  readonly #whole = Promise.withResolvers<void>();

  /** `name`: of its file; `of`: whose it is, as the log has it. */
  constructor(name: string, of: string, { seat, runner, work }: Place) {
    this.kept = new ProcessOutput(work.directory, name);
    this.#lines = work.log.lines({ node: seat.name, runner: runner.id, of });
  }

  /** Resolves when more may come. */
  async write(chunk: Buffer): Promise<void> {
    this.#lines.write(chunk);
    await this.kept.write(chunk);
  }

  end(): void {
    this.#lines.end();
    void this.kept.end().then(this.#whole.resolve);
  }

  /** Resolves when all of it is in its file. */
  get whole(): Promise<void> {
    return this.#whole.promise;
  }
}
