/**
 * What an attempt came to, in one way to the database. Gives `settled`, or `awaited` where
 * other jobs come after it; `again` when this very result is
 * known; `stale` when the attempt is not the one under way; `unknown` and `foreign` for none and
 * another's. pg-boss is asked first: it fences by the attempt. Everyone who changes a job locks
 * pg-boss's row, then the attempt, then the job.
 */
export const settleFunction = `
  CREATE OR REPLACE FUNCTION settle_job(
    the_job text, the_number integer, the_token text, the_result jsonb, the_verdict text)
  RETURNS text LANGUAGE plpgsql
  SET enable_seqscan TO off SET enable_bitmapscan TO off SET jit TO off AS $$
  #variable_conflict use_column
  DECLARE a record;
  BEGIN
    SELECT attempts.boss_id, retry_count, outcome, group_id, token INTO a
      FROM attempts JOIN jobs ON jobs.id = attempts.job JOIN workers ON workers.id = attempts.worker
      WHERE job = the_job AND number = the_number;
    IF NOT FOUND THEN RETURN 'unknown'; END IF;
    IF the_token IS NOT NULL AND a.token <> the_token THEN RETURN 'foreign'; END IF;
    IF a.outcome IS NULL AND boss_complete(
      'g' || a.group_id, ARRAY[a.boss_id::uuid], NULL, ARRAY[a.boss_id || ':' || a.retry_count])
    THEN
      UPDATE attempts SET ended_at = clock_timestamp(), outcome = 'done', result = the_result
        WHERE job = the_job AND number = the_number;
      UPDATE jobs SET state = 'done', verdict = the_verdict, ended_at = clock_timestamp() WHERE id = the_job;
      RETURN CASE WHEN EXISTS (SELECT 1 FROM dependencies WHERE needs = the_job)
        THEN 'awaited' ELSE 'settled' END;
    END IF;
    RETURN (SELECT CASE WHEN outcome = 'done' AND result = the_result THEN 'again' ELSE 'stale' END
      FROM attempts WHERE job = the_job AND number = the_number);
  END $$;
`;
