import { UsageError } from '../../../common/errors.ts';
import type { Machine } from '../../providers/provider.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { keptMachines } from './kept-node.ts';

/** Seconds that a machine has to answer: on a busy host a login alone takes some. */
const usualWait = 15;

/** `nodes list`: the machines that are kept here or in use, and whether they answer. */
export async function listNodes(
  options: CommandOptions,
  { cwd, signal, stdout }: Pick<CommandEnvironment, 'cwd' | 'signal' | 'stdout'>,
): Promise<number> {
  const timeout = Number(options.wait ?? usualWait);
  if (!(timeout > 0)) throw new UsageError(`--wait takes seconds; found '${options.wait}'.`);
  const { cluster } = await keptMachines(cwd);
  const rows = await Promise.all(cluster.machines.map((machine) => probe(machine, { signal, timeout })));
  stdout.write(options.json ? `${JSON.stringify(rows)}\n` : table(rows));
  return 0;
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly role: string;
  readonly answers: boolean;
  /** Why it does not answer. */
  readonly reason?: string;
}

async function probe(
  { id, name, address, role = '', ssh }: Machine,
  options: { readonly signal: AbortSignal; readonly timeout: number },
): Promise<Row> {
  const row = { id, name, address, role };
  try {
    await (await connectSsh(ssh, options))[Symbol.asyncDispose]();
    return { ...row, answers: true };
  } catch (error) {
    options.signal.throwIfAborted();
    return { ...row, answers: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** One line a machine, under a line of headings; columns as wide as what they hold. */
function table(rows: readonly Row[]): string {
  const cells = [
    ['id', 'name', 'address', 'role', 'answers'],
    ...rows.map(({ id, name, address, role, answers, reason }) => [
      String(id),
      name,
      address,
      role || '-',
      answers ? 'yes' : `no: ${reason}`,
    ]),
  ];
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  return cells
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}
