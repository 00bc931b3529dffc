import { UsageError } from '../../../common/errors.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { columns } from '../columns.ts';
import type { Command } from '../command.ts';
import { askPassword } from './ask-password.ts';
import { checkAction } from './check-action.ts';
import { serverAsked } from './server-asked.ts';

/**
 * `server user list | add NAME | remove NAME`; the password of a new one is asked for, or read from stdin.
 */
export const usersCommand: Command = async (args, options, environment) => {
  const action = checkAction('server user', args, { list: 0, add: 1, remove: 1 });
  const [, name = ''] = args;
  const { stdout } = environment;
  if (action !== 'list' && name === '') {
    throw new UsageError(`server user ${action}: which?`, { hint: `server user ${action} NAME` });
  }
  const api = new JobsApi(serverAsked(options, environment));
  if (action === 'list') {
    const rows = (await api.users()).map((user) => [printableLine(user.name), user.role, user.createdAt]);
    stdout.write(columns([['NAME', 'ROLE', 'MADE'], ...rows]));
  } else if (action === 'remove') {
    await api.removeUser(name);
  } else {
    const password = await askPassword(`Password of ${name}: `, environment);
    await api.addUser({ name, role: String(options.role ?? 'read'), password });
  }
  return 0;
};
