import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes } from '../../../common/exit-codes.ts';
import { printableLine } from '../../../common/text/printable.ts';
import type { JobsApi } from '../../jobs/client/jobs-api.ts';
import { cellWords } from '../../jobs/job-matrix.ts';
import { voiceOf } from '../../report/voice.ts';
import { columns } from '../columns.ts';
import type { CommandEnvironment } from '../command.ts';

/** ms between two looks. */
const lookEvery = 1000;

/** Waits until all jobs of a matrix are over, tells of each, and gives the worst exit code of them. */
export async function awaitMatrix(
  api: JobsApi,
  id: string,
  environment: CommandEnvironment,
): Promise<number> {
  const { stdout, signal } = environment;
  const voice = voiceOf(environment);
  voice.info(`matrix ${id}`);
  const told = new Set<string>();
  for (;;) {
    const jobs = await api.jobs({ matrix: id, limit: '256' });
    for (const job of jobs.filter(({ id, endedAt }) => endedAt !== null && !told.has(id))) {
      told.add(job.id);
      voice.info(`${printableLine(cellWords(job.cell ?? {}))}: ${job.verdict ?? job.state}`);
    }
    if (told.size >= jobs.length) {
      const rows = jobs.toReversed().map((job) => {
        const { state, verdict, note } = job;
        return [cellWords(job.cell ?? {}), verdict ?? state, job.id, note ?? ''].map((each) =>
          printableLine(each),
        );
      });
      stdout.write(columns([['CELL', 'STATE', 'JOB', ''], ...rows]));
      const verdicts = jobs.map(({ verdict }) => verdict);
      if (verdicts.every((verdict) => verdict === 'pass')) return exitCodes.pass;
      return verdicts.every((verdict) => verdict === 'pass' || verdict === 'fail')
        ? exitCodes.fail
        : exitCodes.error;
    }
    await sleep(lookEvery, undefined, { signal });
  }
}
