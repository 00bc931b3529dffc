import { connectSsh } from '../remotes/ssh-remote.ts';
import type { Command } from './command.ts';
import { keptMachines } from './kept-node.ts';

export const nodesCommand: Command = {
  name: 'nodes',
  args: '',
  description: 'List the machines that are kept here or in use, and whether they answer',
  options: [['--json', 'As JSON']],
  async run(_args, options, { cwd, signal, stdout }) {
    const { cluster } = await keptMachines(cwd);
    const rows = await Promise.all(
      cluster.machines.map(async ({ id, name, address, role = '', ssh }) => {
        const answers = await connectSsh(ssh, { signal, timeout: 3 }).then(
          async (remote) => {
            await remote[Symbol.asyncDispose]();
            return true;
          },
          () => false,
        );
        return { id, name, address, role, answers };
      }),
    );
    if (options.json) {
      stdout.write(`${JSON.stringify(rows)}\n`);
      return 0;
    }
    const width = Math.max(4, ...rows.map((row) => row.name.length));
    for (const { id, name, address, role, answers } of rows) {
      const state = answers ? 'answers' : 'does not answer';
      stdout.write(
        `${String(id).padStart(3)}  ${name.padEnd(width)}  ${address.padEnd(15)}  ${state}  ${role}`.trimEnd(),
      );
      stdout.write('\n');
    }
    return 0;
  },
};
