import { UsageError } from '../../../common/errors.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { WorkersApi } from '../../jobs/client/workers-api.ts';
import { columns } from '../columns.ts';
import type { Command } from '../command.ts';
import { checkAction } from './check-action.ts';
import { serverAsked } from './server-asked.ts';

export const quotasCommand: Command = async (args, options, environment) => {
  const action = checkAction('quotas', args, { list: 0, set: 2, remove: 1 });
  const [, submitter = '', jobs = ''] = args;
  const api = new WorkersApi(serverAsked(options, environment));
  if (action === 'list') {
    const rows = (await api.quotas()).map(({ submitter, jobs, running, queued }) => [
      printableLine(submitter),
      String(jobs ?? ''),
      String(running ?? ''),
      String(queued ?? ''),
    ]);
    environment.stdout.write(columns([['SUBMITTER', 'AT ONCE', 'RUNNING', 'WAITING'], ...rows]));
    return 0;
  }
  if (submitter === '')
    throw new UsageError(`quotas ${action}: whose?`, { hint: "the name of a token, or '*'" });
  if (action === 'remove') await api.removeQuota(submitter);
  else if (/^\d{1,6}$/.test(jobs)) await api.setQuota(submitter, Number(jobs));
  else throw new UsageError(`quotas set ${submitter}: how many jobs at once?`, { hint: 'a whole number' });
  return 0;
};
