import { UsageError } from '../../../common/errors.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { columns } from '../columns.ts';
import type { Command } from '../command.ts';
import { checkAction } from './check-action.ts';
import { serverAsked } from './server-asked.ts';

export const tokensCommand: Command = async (args, options, environment) => {
  const action = checkAction('tokens', args, { list: 0, add: 1, revoke: 1 });
  const [, what = ''] = args;
  const { stdout } = environment;
  const api = new JobsApi(serverAsked(options, environment));
  if (action === 'list') {
    const rows = (await api.tokens()).map(({ id, name, role, createdAt }) => [
      id,
      printableLine(name),
      role,
      createdAt,
    ]);
    stdout.write(columns([['ID', 'NAME', 'ROLE', 'MADE'], ...rows]));
    return 0;
  }
  if (what === '') throw new UsageError(`tokens ${action}: which?`, { hint: `tokens ${action} NAME` });
  if (action === 'revoke') await api.revokeToken(what);
  else stdout.write(`${(await api.makeToken(what, String(options.role ?? 'read'))).token}\n`);
  return 0;
};
