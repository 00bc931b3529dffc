/**
 * What leads from one version of our tables to the next. One that was released
 * is never changed, only followed.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE needs (id text PRIMARY KEY, wants jsonb NOT NULL);
  CREATE TABLE jobs (
    id text PRIMARY KEY, type text NOT NULL, name text NOT NULL, spec jsonb NOT NULL,
    needs text NOT NULL REFERENCES needs, priority integer NOT NULL, attempts integer NOT NULL,
    not_before timestamptz, submitter text NOT NULL, state text NOT NULL, boss_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(), ended_at timestamptz, verdict text);
  CREATE INDEX jobs_by_state ON jobs (state, needs);
  CREATE INDEX jobs_by_time ON jobs (created_at DESC, id);
  CREATE TABLE workers (
    id text PRIMARY KEY, name text NOT NULL, capabilities jsonb NOT NULL, slots integer NOT NULL,
    client_info jsonb NOT NULL, beat_seconds double precision NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(), left_at timestamptz);
  CREATE TABLE attempts (
    job text NOT NULL REFERENCES jobs, number integer NOT NULL, boss_id text NOT NULL,
    retry_count integer NOT NULL, worker text NOT NULL REFERENCES workers, request text NOT NULL UNIQUE,
    lease_seconds double precision NOT NULL, lease_until timestamptz NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(), ended_at timestamptz, outcome text, result jsonb,
    PRIMARY KEY (job, number));
  CREATE INDEX attempts_under_way ON attempts (lease_until) WHERE ended_at IS NULL;
  CREATE TABLE artifacts (
    job text NOT NULL REFERENCES jobs, attempt integer NOT NULL, path text NOT NULL,
    sha256 text NOT NULL, size double precision NOT NULL, PRIMARY KEY (job, attempt, path));
  CREATE TABLE tokens (
    id text PRIMARY KEY, name text NOT NULL, role text NOT NULL, hash text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(), expires_at timestamptz);
  `,
  `
  ALTER TABLE attempts ADD COLUMN progress jsonb;
  ALTER TABLE workers ADD COLUMN token text NOT NULL DEFAULT '';
  `,
  `
  CREATE TABLE recipes (
    name text PRIMARY KEY, sha256 text NOT NULL, tasks jsonb NOT NULL, uploader text NOT NULL,
    uploaded_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE build_tokens (
    job text NOT NULL, number integer NOT NULL, hash text NOT NULL UNIQUE, PRIMARY KEY (job, number),
    FOREIGN KEY (job, number) REFERENCES attempts ON DELETE CASCADE);
  CREATE TABLE schedules (
    name text PRIMARY KEY, cron text NOT NULL, zone text NOT NULL, submission jsonb NOT NULL,
    missed text NOT NULL, overlap boolean NOT NULL, submitter text NOT NULL, paused boolean NOT NULL,
    next_at timestamptz, last_at timestamptz, last_job text REFERENCES jobs ON DELETE SET NULL, note text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE INDEX schedules_due ON schedules (next_at) WHERE NOT paused;
  `,
  `
  CREATE TABLE users (
    id text PRIMARY KEY, name text NOT NULL UNIQUE, role text NOT NULL, password text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE sessions (
    hash text PRIMARY KEY, user_id text REFERENCES users ON DELETE CASCADE,
    token_id text REFERENCES tokens ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(), expires_at timestamptz NOT NULL,
    CHECK (num_nonnulls(user_id, token_id) = 1));
  CREATE TABLE failed_logins (who text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE INDEX failed_logins_by_who ON failed_logins (who, at);
  `,
  `
  CREATE TABLE groups (
    id serial PRIMARY KEY, needs text NOT NULL, submitter text NOT NULL, wants jsonb NOT NULL,
    UNIQUE (needs, submitter));
  INSERT INTO groups (needs, submitter, wants)
    SELECT DISTINCT needs.id, submitter, wants FROM jobs JOIN needs ON needs.id = jobs.needs;
  ALTER TABLE jobs
    ADD group_id integer REFERENCES groups, ADD tries integer NOT NULL DEFAULT 0,
    ALTER boss_id DROP NOT NULL;
  -- They wait in a queue of pg-boss that is not asked any more, and are sent to their own.
  UPDATE attempts SET ended_at = clock_timestamp(), outcome = 'lost' WHERE ended_at IS NULL;
  UPDATE jobs SET state = 'queued', boss_id = NULL WHERE state IN ('queued', 'running');
  UPDATE jobs SET group_id = groups.id, tries = (SELECT count(*) FROM attempts WHERE job = jobs.id)
    FROM groups WHERE groups.needs = jobs.needs AND groups.submitter = jobs.submitter;
  ALTER TABLE jobs ALTER group_id SET NOT NULL, DROP needs;
  DROP TABLE needs;
  CREATE INDEX jobs_ready ON jobs (group_id, priority DESC, created_at)
    WHERE state = 'queued' AND boss_id IS NOT NULL;
  CREATE INDEX jobs_held ON jobs (created_at) WHERE state = 'queued' AND boss_id IS NULL;
  CREATE INDEX jobs_running ON jobs (submitter) WHERE state = 'running';
  CREATE INDEX jobs_live ON jobs (created_at DESC, id) WHERE state IN ('queued', 'running');
  CREATE INDEX jobs_of_name ON jobs (type, name, ended_at DESC) WHERE state = 'done';
  CREATE INDEX attempts_of_workers ON attempts (worker) WHERE ended_at IS NULL;
  CREATE TABLE quotas (submitter text PRIMARY KEY, running integer NOT NULL);
  CREATE TABLE pauses (
    name text PRIMARY KEY, note text NOT NULL, said_by text NOT NULL, until timestamptz,
    since timestamptz NOT NULL DEFAULT clock_timestamp());
  ALTER TABLE workers ADD draining boolean NOT NULL DEFAULT false;
  `,
  // What a task takes is told in the order in which the recipe tells it.
  'ALTER TABLE recipes ALTER COLUMN tasks TYPE json USING tasks::json',
  `
  CREATE TABLE job_secrets (job text PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, sealed text NOT NULL);
  `,
  `
  ALTER TABLE jobs
    ADD time_limit double precision, ADD note text, ADD matrix text, ADD cell jsonb;
  CREATE INDEX jobs_of_matrix ON jobs (matrix, created_at) WHERE matrix IS NOT NULL;
  ALTER TABLE attempts ADD ends_by timestamptz;
  CREATE INDEX attempts_with_end ON attempts (ends_by) WHERE ended_at IS NULL AND ends_by IS NOT NULL;
  CREATE TABLE dependencies (
    job text NOT NULL REFERENCES jobs ON DELETE CASCADE, needs text NOT NULL REFERENCES jobs ON DELETE CASCADE,
    PRIMARY KEY (job, needs));
  CREATE INDEX dependencies_on ON dependencies (needs);
  `,
  'ALTER TABLE jobs ADD pinned boolean NOT NULL DEFAULT false',
  `
  ALTER TABLE failed_logins ADD attempt text;
  CREATE INDEX failed_logins_of_attempt ON failed_logins (attempt);
  `,
  `
  ALTER TABLE schedules ALTER submission DROP NOT NULL, ADD jobs jsonb, ADD last_matrix text;
  CREATE TABLE schedule_secrets (
    schedule text PRIMARY KEY REFERENCES schedules ON DELETE CASCADE, sealed text NOT NULL);
  `,
  `
  CREATE TABLE test_histories (
    project text PRIMARY KEY, origins jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp());
  `,
];
