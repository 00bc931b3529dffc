import type { CheckResult } from '../../../common/results.ts';
import type { CheckHost, CheckHostOptions } from './check-host-options.ts';
import { VitestCheckHost } from './vitest-check-host.ts';

export type { CheckHost, CheckHostOptions } from './check-host-options.ts';

/**
 * Starts Vitest on the check files, to have them loaded when the cluster is ready. Dispose of it to end it.
 */
export function startCheckHost(options: CheckHostOptions): CheckHost {
  return options.files.length === 0 ? new NoCheckFiles() : new VitestCheckHost(options);
}

class NoCheckFiles implements CheckHost {
  readonly noneWanted = Promise.resolve([]);
  async run(): Promise<readonly CheckResult[]> {
    return [];
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}
