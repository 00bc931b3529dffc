import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { secondsOf } from '../duration.ts';
import { cellsOf, submissionOfCell } from '../job-matrix.ts';
import { matrixJobs, type Submission, submission } from '../protocol.ts';
import type { JobSecret } from '../secrets/job-secret.ts';
import { readAs, refusing } from '../server/problem.ts';
import { linesOf } from './form-parameters.ts';

const text = z.string().max(20_000).default('');

/** The fields of a form that any job may have, as `parts/wishes.eta` has them. */
export const wishFields = {
  priority: text,
  labels: text,
  platform: text,
  timeLimit: text,
  attempts: text,
  after: text,
  matrix: text,
  secrets: text,
};
/** Those of a form that was filled in, or empty ones. */
export const wishesIn = (fields: Partial<Fields> = {}): Fields => z.object(wishFields).parse(present(fields));

type Fields = { readonly [name in keyof typeof wishFields]: string };

type Job = z.output<typeof submission>;

/**
 * What a form asks for: a job, with what the fields of it say besides, or all
 * jobs of a matrix. Throws Problem.
 */
export function wishedJobs(
  job: Submission,
  fields: Fields,
): Promise<{ readonly submission: Job } | { readonly jobs: readonly Job[] }> {
  return refusing(async () => {
    const wished = { ...job, ...wishesOf(job, fields) };
    const axes = linesOf(fields.matrix);
    if (axes.length === 0) return { submission: readAs(submission, wished) };
    const jobs = cellsOf(axes).map((cell) => submissionOfCell(cell, wished, {}));
    return { jobs: readAs(matrixJobs, jobs) };
  });
}

function wishesOf({ labels = [], after = [] }: Submission, fields: Fields): Partial<Submission> {
  const number = (written: string) => (written.trim() === '' ? undefined : Number(written));
  const timeLimit = fields.timeLimit.trim();
  const all = [...after, ...words(fields.after)];
  return present({
    labels: [...labels, ...words(fields.labels)],
    platform: fields.platform.trim() || undefined,
    priority: number(fields.priority),
    attempts: number(fields.attempts),
    timeLimit: timeLimit === '' ? undefined : secondsOf('the time limit', timeLimit),
    after: all.length === 0 ? undefined : all,
    secrets: secretLines(fields.secrets),
  });
}

/** `NAME=VALUE`, one a line: environment variables of these names. */
const secretLines = (written: string): JobSecret[] =>
  linesOf(written).map((line, index) => {
    const [, name, value] = /^([A-Za-z_]\w*)=(.+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) return { name, value, env: name };
    // Its text is not told: it may be a value.
    throw new UsageError(`Secrets are written as NAME=VALUE, one a line; line ${index + 1} is not.`);
  });

const words = (written: string): readonly string[] => written.split(/[\s,]+/).filter((word) => word !== '');
