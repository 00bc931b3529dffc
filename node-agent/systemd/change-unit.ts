import type { Bus } from './bus.ts';
import type { BusValue } from './marshal.ts';
import { askOfUnit, type Done, manager, refused, systemctl } from './systemd.ts';

const jobs = { start: 'StartUnit', restart: 'RestartUnit', stop: 'StopUnit' } as const;

/** Starts, restarts or stops a unit; resolves when systemd has done so, or could not. */
export async function changeUnit(verb: keyof typeof jobs, unit: string, signal?: AbortSignal): Promise<Done> {
  return askOfUnit(
    unit,
    async (bus, name) => {
      const result = await jobResult(bus, jobs[verb], name).catch(refused(`${verb} ${name}`));
      if (typeof result !== 'string') return result;
      const failed = !['done', 'skipped'].includes(result);
      return {
        exitCode: Number(failed),
        stderr: failed ? (words[result]?.(name) ?? `Job for ${name} failed.`) : '',
      };
    },
    () => systemctl([verb, '--', unit], signal),
    // As long as the unit takes.
    { signal, seconds: Number.POSITIVE_INFINITY },
  );
}

const words: Readonly<Record<string, (unit: string) => string>> = {
  timeout: (unit) => `Job for ${unit} timed out.`,
  canceled: (unit) => `Job for ${unit} canceled.`,
  dependency: (unit) => `A dependency job for ${unit} failed.`,
};

/** What came of a job that a method of the manager's queues: systemd tells of its end. */
async function jobResult(bus: Bus, member: string, unit: string): Promise<string> {
  const ended = new Map<BusValue, string>();
  let told = () => {};
  using _ = bus.onSignal(({ member, body }) => {
    if (member !== 'JobRemoved') return;
    const [, job = '', , result] = body();
    ended.set(job, String(result));
    told();
  });
  const [job = ''] = await bus.call({ ...manager, member, signature: 'ss', args: [unit, 'replace'] });
  return await new Promise((resolve, reject) => {
    const lost = () => reject(bus.lost.reason);
    told = () => {
      const result = ended.get(job);
      if (result === undefined) return;
      bus.lost.removeEventListener('abort', lost);
      resolve(result);
    };
    bus.lost.addEventListener('abort', lost, { once: true });
    told();
  });
}
