import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { voiceOf } from '../../report/voice.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { serverAsked } from './server-asked.ts';

/** Seconds for which a server that ended is waited for: an upgrade of it, or of its machine, takes some. */
const usuallyWithin = 300;

/**
 * The job server for a command that waits for a job: where the server goes away, it is asked again for
 * `within` seconds, which is told, before the command gives up.
 */
export function patientApi(
  options: CommandOptions,
  environment: CommandEnvironment,
  within = usuallyWithin,
): JobsApi {
  const voice = voiceOf(environment);
  return new JobsApi({
    ...serverAsked(options, environment),
    patience: within,
    signal: environment.signal,
    onSilence: (error) => voice.warn(`${error.message}; it is asked again for ${within} s`),
    onAnswer: () => voice.info('the job server answers again'),
  });
}
