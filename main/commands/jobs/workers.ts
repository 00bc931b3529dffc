import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { WorkersApi } from '../../jobs/client/workers-api.ts';
import { secondsOf } from '../../jobs/duration.ts';
import type { WorkerView } from '../../jobs/worker-protocol.ts';
import { columns } from '../columns.ts';
import type { Command, CommandOptions } from '../command.ts';
import { checkAction } from './check-action.ts';
import { serverAsked } from './server-asked.ts';

export const workersCommand: Command = async (args, options, environment) => {
  const action = checkAction('workers', args, { list: 0, pause: 1, drain: 1, resume: 1 });
  const [, name = ''] = args;
  const { stdout } = environment;
  const api = new WorkersApi(serverAsked(options, environment));
  if (action === 'list') {
    const workers = await api.list();
    if (options.json) stdout.write(`${JSON.stringify(workers, undefined, 2)}\n`);
    else {
      const head = ['NAME', 'ID', 'JOBS', 'STATE', 'HEARD OF', 'CAN'];
      stdout.write(columns([head, ...workers.map(row)]));
    }
    return 0;
  }
  if (name === '') throw new UsageError(`workers ${action}: which?`, { hint: 'shakedown workers list' });
  if (action === 'pause') await api.pause(name, pauseWanted(options));
  else await api.act(name, action);
  return 0;
};

function pauseWanted({ note, for: duration }: CommandOptions): { note?: string; seconds?: number } {
  return present({
    note: note === undefined ? undefined : String(note),
    seconds: secondsOf('--for', duration),
  });
}

function row({ name, id, running, slots, seenAt, capabilities, ...worker }: WorkerView): readonly string[] {
  const can = Object.values(capabilities).flat().join(' ');
  return [name, id, `${running}/${slots}`, stateOf(worker), seenAt, can].map((cell) => printableLine(cell));
}

function stateOf({ alive, draining, pause }: Pick<WorkerView, 'alive' | 'draining' | 'pause'>): string {
  if (!alive) return 'gone';
  if (draining) return 'draining';
  if (!pause) return 'takes jobs';
  const note = pause.note === '' ? '' : ` (${pause.note})`;
  return `paused by ${pause.by}${note}${pause.until === null ? '' : ` until ${pause.until}`}`;
}
