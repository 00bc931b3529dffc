import type { Begun } from '../server/submit-job.ts';

/** Where the job or the matrix is seen that somebody has just begun. */
export const begunPage = ({ jobs: [job = ''], matrix }: Begun): string =>
  matrix === null
    ? `/jobs/${encodeURIComponent(job)}?done=started`
    : `/jobs?matrix=${encodeURIComponent(matrix)}&done=started`;
