import type { QuotaView } from '../account-protocol.ts';
import type { PauseRequest, WorkerView } from '../worker-protocol.ts';
import { type ApiOptions, Asking } from './asking.ts';

/** Who does a job server's jobs, and how many of whom, as a library. Throws as `JobsApi` does. */
export class WorkersApi {
  readonly #asking: Asking;

  constructor(options: ApiOptions) {
    this.#asking = new Asking(options);
  }

  list = async (): Promise<WorkerView[]> => (await this.#asking.json('GET', '/api/workers')) as WorkerView[];
  /** By name or id; so do the others. */
  pause = async (worker: string, pause: PauseRequest = {}): Promise<void> => {
    await this.#asking.ask('POST', `/api/workers/${encodeURIComponent(worker)}/pause`, { json: pause });
  };
  act = async (worker: string, act: 'drain' | 'resume'): Promise<void> => {
    await this.#asking.ask('POST', `/api/workers/${encodeURIComponent(worker)}/${act}`);
  };

  quotas = async (): Promise<QuotaView[]> => (await this.#asking.json('GET', '/api/quotas')) as QuotaView[];
  setQuota = async (submitter: string, jobs: number): Promise<void> => {
    await this.#asking.ask('PUT', `/api/quotas/${encodeURIComponent(submitter)}`, { json: { jobs } });
  };
  removeQuota = async (submitter: string): Promise<void> => {
    await this.#asking.ask('DELETE', `/api/quotas/${encodeURIComponent(submitter)}`);
  };
}
