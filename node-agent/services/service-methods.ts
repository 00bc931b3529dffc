import { present } from '../../common/present.ts';
import type { Methods } from '../serve.ts';
import type { Services } from './services.ts';
import { waitFor } from './wait-for.ts';

/** What is asked of a node's services. */
export const serviceMethods = (
  services: Services,
): Pick<Methods, 'startService' | 'stopService' | 'killService' | 'services' | 'resume' | 'waitFor'> => ({
  waitFor: ({ probe, within, workingDir, env }, signal) =>
    waitFor(probe, within, { cwd: workingDir, ...present({ env }) }, signal),
  startService: async ({ service, workingDir, brief = false }, signal) => {
    await services.start(service, workingDir, signal);
    return services.status(service.name, brief);
  },
  stopService: async ({ name, brief = false }) => {
    await services.stop(name);
    return services.status(name, brief);
  },
  killService: async ({ name, signal, restart }) => {
    await services.kill(name, signal, restart);
    return services.status(name);
  },
  services: () => services.statuses(),
  resume: async ({ services: specs, workingDir }) => {
    services.resume(specs, workingDir);
    return services.statuses();
  },
});
