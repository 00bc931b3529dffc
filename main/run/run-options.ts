import type { Scenario } from '../config/scenario.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { World } from './world/world.ts';

/** What a run is, before anything has happened in it. */
export interface RunOptions extends Pick<Scenario, 'name' | 'directory' | 'provider' | 'retention'> {
  /** Seconds for the work. */
  readonly limit: number;
  /** What nobody shall read in what the run leaves. */
  readonly secrets?: Secrets;
}

/** What a run's directory, record and clocks need of the world. */
export type RunWorld = Pick<World, 'directory' | 'clock' | 'face' | 'cacheDir' | 'signal' | 'hurry'>;
