import type { AgentState } from '../agent-state.ts';
import { letAllRestart } from './held-down.ts';
import { systemctl } from './systemctl.ts';

/** Units that agents started on this node and that are to be stopped; on disk, in the order of starting. */
export class UnitRecord {
  readonly #state: AgentState;

  constructor(state: AgentState) {
    this.#state = state;
  }

  /** `wasUp`: it ran before any agent touched it, and shall run again in the end. */
  add(unit: string, wasUp: boolean): void {
    const all = this.#read();
    if (all.some((one) => one.unit === unit)) return;
    this.#state.write('units.json', [...all, { unit, wasUp }]);
  }

  /** Stops all of them, the last one first, and kills what is not gone after `within` seconds. */
  async stopAll(within = 10): Promise<void> {
    for (const { unit } of this.#read().reverse()) {
      const stopped = systemctl(['stop', '--', unit]).then(() => true);
      const late = AbortSignal.timeout(within * 1000);
      const inTime = await Promise.race([
        stopped,
        new Promise((done) => late.addEventListener('abort', () => done(false))),
      ]);
      if (inTime) continue;
      await systemctl(['kill', '--signal=SIGKILL', '--', unit]);
      await stopped;
    }
    await letAllRestart();
  }

  /** Starts those again that ran before any agent came, and forgets all. Gives what could not be started. */
  async settle(): Promise<string[]> {
    const failed: string[] = [];
    for (const { unit } of this.#read().filter((one) => one.wasUp)) {
      await systemctl(['reset-failed', '--', unit]);
      const { exitCode } = await systemctl(['start', '--', unit]);
      if (exitCode !== 0) failed.push(unit);
    }
    if (this.#read().length > 0) this.#state.write('units.json', []);
    return failed;
  }

  #read(): { unit: string; wasUp: boolean }[] {
    return this.#state.read<{ unit: string; wasUp: boolean }[]>('units.json', []);
  }
}
