/**
 * A worker's claim, in one way to the database. Gives JSON: how the worker stands (`gone`, `foreign`: it came
 * with another token, `draining`, `paused`, `busy`: its slots are full, `none`: nothing for it, `again`: ask
 * again, `claimed`) and the `claim`.
 *
 * What is taken: the most urgent job that the worker can do; among submitters of equally urgent ones, of the
 * one with the least running; then the oldest. Each group's next job is the first entry of an index, whatever
 * number of jobs there is ahead that this worker cannot do.
 */
export const claimFunction = `
  CREATE OR REPLACE FUNCTION serves(capabilities jsonb, wants jsonb) RETURNS boolean
  LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_exists(capabilities->'jobtypes', wants->>'type')
      AND (wants->>'platform' IS NULL OR jsonb_exists(capabilities->'platforms', wants->>'platform'))
      AND capabilities->'labels' @> (wants->'labels')
  $$;

  CREATE OR REPLACE FUNCTION running_of(the_submitter text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM jobs WHERE submitter = the_submitter AND state = 'running'
  $$;

  CREATE OR REPLACE FUNCTION quota_of(the_submitter text) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT running FROM quotas WHERE submitter = the_submitter),
      (SELECT running FROM quotas WHERE submitter = '*'))
  $$;

  -- Plans are kept, also those made while the tables were small: always by the indexes, in their order. What
  -- that costs by the planner's reckoning would have it compile them, each time anew.
  CREATE OR REPLACE FUNCTION claim_job(
    the_worker text, the_token text, the_request text, the_lease double precision)
  RETURNS jsonb LANGUAGE plpgsql
  SET enable_seqscan TO off SET enable_bitmapscan TO off SET enable_sort TO off SET jit TO off AS $$
  #variable_conflict use_column
  DECLARE
    w record; candidate record; taken record; the_claim jsonb; tried integer[] := '{}';
  BEGIN
    -- One after the other for one worker: its slots are counted.
    PERFORM pg_advisory_xact_lock(7233013, hashtext(the_worker));
    SELECT capabilities, slots, token, left_at, draining, seen_at, beat_seconds, pauses.name AS paused INTO w
      FROM workers LEFT JOIN pauses ON pauses.name = workers.name
        AND (pauses.until IS NULL OR pauses.until > clock_timestamp())
      WHERE workers.id = the_worker;
    IF NOT FOUND OR w.left_at IS NOT NULL THEN RETURN '{"standing": "gone"}'; END IF;
    IF w.token <> the_token THEN RETURN '{"standing": "foreign"}'; END IF;
    IF w.seen_at < clock_timestamp() - least(5, w.beat_seconds / 2) * interval '1 second' THEN
      UPDATE workers SET seen_at = clock_timestamp() WHERE id = the_worker;
    END IF;
    SELECT jsonb_build_object('job', jobs.id, 'number', number, 'type', type, 'name', name,
        'submitter', submitter, 'spec', spec,
        'leaseSeconds', lease_seconds, 'timeLimit', time_limit) INTO the_claim
      FROM attempts JOIN jobs ON jobs.id = attempts.job
      WHERE request = the_request AND worker = the_worker AND attempts.ended_at IS NULL;
    IF FOUND THEN RETURN jsonb_build_object('standing', 'claimed', 'claim', the_claim); END IF;
    IF w.draining THEN RETURN '{"standing": "draining"}'; END IF;
    IF w.paused IS NOT NULL THEN RETURN '{"standing": "paused"}'; END IF;
    IF (SELECT count(*) FROM attempts WHERE worker = the_worker AND ended_at IS NULL) >= w.slots THEN
      RETURN '{"standing": "busy"}';
    END IF;
    LOOP
      WITH RECURSIVE ready AS (
        (SELECT group_id FROM jobs WHERE state = 'queued' AND boss_id IS NOT NULL ORDER BY group_id LIMIT 1)
        UNION ALL
        SELECT (SELECT group_id FROM jobs
            WHERE state = 'queued' AND boss_id IS NOT NULL AND group_id > ready.group_id
            ORDER BY group_id LIMIT 1)
          FROM ready WHERE ready.group_id IS NOT NULL)
      SELECT groups.id, groups.submitter, share.quota INTO candidate
        FROM ready JOIN groups ON groups.id = ready.group_id
        CROSS JOIN LATERAL (SELECT priority, created_at FROM jobs
          WHERE group_id = groups.id AND state = 'queued' AND boss_id IS NOT NULL
          ORDER BY priority DESC, created_at LIMIT 1) AS head
        -- OFFSET: counted once, and not for each place where it is asked for.
        CROSS JOIN LATERAL (SELECT
          (SELECT count(*) FROM jobs
            WHERE jobs.submitter = groups.submitter AND jobs.state = 'running') AS running,
          coalesce((SELECT running FROM quotas WHERE quotas.submitter = groups.submitter),
            (SELECT running FROM quotas WHERE quotas.submitter = '*')) AS quota OFFSET 0) AS share
        WHERE groups.id <> ALL (tried) AND serves(w.capabilities, groups.wants)
          AND share.running < coalesce(share.quota, 2147483647)
        ORDER BY head.priority DESC, share.running, head.created_at LIMIT 1;
      IF NOT FOUND THEN
        RETURN jsonb_build_object('standing', 'none', 'kind', md5(w.capabilities::text));
      END IF;
      IF candidate.quota IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(7233014, hashtext(candidate.submitter));
        -- In another transaction: whoever holds two of these locks could wait for one who does, too.
        IF running_of(candidate.submitter) >= candidate.quota THEN RETURN '{"standing": "again"}'; END IF;
      END IF;
      SELECT * INTO taken FROM boss_fetch('g' || candidate.id);
      EXIT WHEN taken.job IS NOT NULL;
      -- Others were quicker, and may not have finished.
      IF candidate.quota IS NOT NULL THEN RETURN '{"standing": "again"}'; END IF;
      tried := tried || candidate.id;
    END LOOP;
    UPDATE jobs SET state = 'running', tries = tries + 1 WHERE id = taken.job
      RETURNING jsonb_build_object('job', id, 'number', tries, 'type', type, 'name', name,
        'submitter', submitter, 'spec', spec,
        'leaseSeconds', the_lease, 'timeLimit', time_limit) INTO the_claim;
    INSERT INTO attempts (job, number, boss_id, retry_count, worker, request, lease_seconds, lease_until, ends_by)
      VALUES (taken.job, (the_claim->>'number')::integer, taken.boss_id, taken.retries, the_worker,
        the_request, the_lease, clock_timestamp() + the_lease * interval '1 second',
        clock_timestamp() + (the_claim->>'timeLimit')::double precision * interval '1 second');
    RETURN jsonb_build_object('standing', 'claimed', 'claim', the_claim);
  END $$;
`;
