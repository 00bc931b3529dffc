import type { JobsApi } from '../../../../main/jobs/client/jobs-api.ts';

/** A job that a worker has begun, to be told of step by step. */
export interface BegunJob {
  readonly id: string;
  readonly number: number;
  log(text: string): Promise<void>;
  artifact(path: string, text: string): Promise<void>;
  tell(events: readonly unknown[]): Promise<void>;
  settle(verdict: 'pass' | 'fail' | 'error', result?: unknown): Promise<void>;
}

/**
 * Submits a job of a type of its own, or takes one of its type that was `submitted`; a worker, which goes by
 * `worker`, takes it at once.
 */
export async function begunJob(
  api: JobsApi,
  url: string,
  token: string,
  {
    worker = 'raw',
    client_info = {},
    submitted,
    ...job
  }: Record<string, unknown> & { name?: string; submitted?: string | undefined } = {},
): Promise<BegunJob> {
  const type = String(job.type ?? `raw-${Math.random()}`);
  const capabilities = { jobtypes: [type], platforms: [], labels: (job.labels ?? []) as string[] };
  const doer = await api.register({
    protocol: 1,
    name: String(worker),
    capabilities,
    client_info: client_info as Record<string, unknown>,
  });
  if (submitted === undefined) await api.submit({ ...job, type });
  const again = await claim(api, doer);
  return again(url, token);
}

async function claim(api: JobsApi, worker: string) {
  const wishes = { worker, request: String(Math.random()), wait: 0, lease: 600 };
  const claimed = await api.claim(wishes, new AbortController().signal);
  if (!claimed) throw new Error('it got no job');
  const { job: id, number } = claimed;
  const at = `/api/jobs/${id}/attempts/${number}`;
  let offset = 0;
  let events = 0;
  return (url: string, token: string): BegunJob => {
    const put = async (method: string, path: string, body: string, type: string): Promise<void> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': type };
      const answer = await fetch(`${url}${at}${path}`, { method, body, headers });
      if (!answer.ok) throw new Error(await answer.text());
    };
    return {
      ...{ id, number },
      async log(text) {
        await api.addLog(id, number, offset, Buffer.from(text));
        offset += Buffer.byteLength(text);
      },
      artifact: (path, text) =>
        put(
          'PUT',
          `/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`,
          text,
          'application/octet-stream',
        ),
      async tell(more) {
        await put('POST', '/events', JSON.stringify({ from: events, events: more }), 'application/json');
        events += more.length;
      },
      settle: (verdict, result = null) => api.settle(id, number, { verdict, result }),
    };
  };
}
