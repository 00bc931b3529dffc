import { createReadStream, statSync } from 'node:fs';
import type { RecipeView } from '../recipe-protocol.ts';
import type { NewSchedule, ScheduleView } from '../schedule-protocol.ts';
import { type ApiOptions, Asking } from './asking.ts';

/** The recipes and schedules of a job server as a library. Throws as `JobsApi` does. */
export class RecipesApi {
  readonly #asking: Asking;

  constructor(options: ApiOptions) {
    this.#asking = new Asking(options);
  }

  /** A tar, or, with its name, a single file. */
  put = async (name: string, file: string, single?: string): Promise<RecipeView> => {
    const query = single === undefined ? '' : `?file=${encodeURIComponent(single)}`;
    const request = { stream: () => createReadStream(file), size: statSync(file).size };
    return (await this.#asking.json('PUT', `${recipePath(name)}${query}`, request)) as RecipeView;
  };
  list = async (): Promise<RecipeView[]> => (await this.#asking.json('GET', '/api/recipes')) as RecipeView[];
  remove = async (name: string): Promise<void> => {
    await this.#asking.ask('DELETE', recipePath(name));
  };

  /** Makes one, or replaces the one of that name. */
  putSchedule = async (schedule: NewSchedule): Promise<ScheduleView> =>
    (await this.#asking.json('POST', '/api/schedules', { json: schedule })) as ScheduleView;
  schedules = async (): Promise<ScheduleView[]> =>
    (await this.#asking.json('GET', '/api/schedules')) as ScheduleView[];
  removeSchedule = async (name: string): Promise<void> => {
    await this.#asking.ask('DELETE', schedulePath(name));
  };
  act = async (name: string, act: 'pause' | 'resume'): Promise<void> => {
    await this.#asking.ask('POST', `${schedulePath(name)}/${act}`);
  };
  /** Gives the job's id. */
  run = async (name: string): Promise<string> =>
    ((await this.#asking.json('POST', `${schedulePath(name)}/run`)) as { id: string }).id;
}

const recipePath = (name: string): string => `/api/recipes/${encodeURIComponent(name)}`;
const schedulePath = (name: string): string => `/api/schedules/${encodeURIComponent(name)}`;
