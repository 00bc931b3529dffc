import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeReport } from '../../common/protocol.ts';
import type { AgentState } from '../agent-state.ts';
import { hasSystemd } from '../node-facts.ts';
import { sizeOf } from '../services/log-file.ts';

/** Of a log that is larger than `whole` bytes, `part` bytes of its beginning and of its end come home. */
const whole = 128 * 1024 * 1024;
const part = 32 * 1024 * 1024;

export interface ReportsParams {
  /** ms since the epoch, by this node's clock. */
  readonly sinceMs: number;
  readonly units: readonly string[];
}

/** The commands whose output is evidence. A command that this node lacks, or that cannot work here, is left out. */
export function planReports(
  { sinceMs, units }: ReportsParams,
  state: AgentState,
  path = process.env.PATH,
): NodeReport[] {
  const since = `--since=@${Math.floor(sinceMs / 1000)}`;
  const commands: readonly (readonly [name: string, command: string])[] = [
    ...(hasSystemd() ? systemdCommands(since, units) : []),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own fields
    ['packages.txt', "dpkg-query -W -f '${binary:Package}\\t${Version}\\t${db:Status-Abbrev}\\n'"],
    ['processes.txt', 'ps axwwf -o user,pid,ppid,stat,lstart,rss,args'],
    ['sockets.txt', 'ss -tulnp'],
    ['addresses.txt', 'ip address'],
    ['disks.txt', 'df -h'],
  ];
  const possible = commands.filter(([, command]) => hasCommand(command.split(' ')[0] ?? '', path));
  const names = existsSync(state.logs) ? readdirSync(state.logs) : [];
  const logs = names.map((name) => [name, printLog(join(state.logs, name))] as const);
  return withoutDoubles([...logs, ...possible].map(([name, command]) => ({ name, command })));
}

/** Two reports of one name (a service and a unit that are called alike) get different ones. */
function withoutDoubles(reports: readonly NodeReport[]): NodeReport[] {
  const taken = new Set<string>();
  return reports.map(({ name, command }) => {
    let free = name;
    for (let count = 2; taken.has(free); count += 1) free = name.replace(/(?=\.\w+$)/, `.${count}`);
    taken.add(free);
    return { name: free, command };
  });
}

function systemdCommands(since: string, units: readonly string[]): (readonly [string, string])[] {
  const journal = 'journalctl --no-pager -q -o short-iso-precise';
  const ofUnits = units.flatMap((unit): (readonly [string, string])[] => {
    const name = fileName(unit.replace(/\.service$/, ''));
    return [
      [`${name}.log`, `${journal} ${since} -u ${quote(unit)}`],
      [`${name}.status.txt`, `systemctl --no-pager --full --lines=50 status -- ${quote(unit)}`],
    ];
  });
  const failed =
    'systemctl --no-pager --full --failed; systemctl --no-pager --full --lines=100 status --state=failed';
  return [['journal.log', `${journal} ${since}`], ...ofUnits, ['failed-units.txt', failed]];
}

const fileName = (text: string): string => text.replaceAll(/[^\p{L}\p{N}._@+-]/gu, '_');

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function printLog(file: string): string {
  const path = quote(file);
  if (sizeOf(file) <= whole) return `cat ${path}`;
  const note = `… a part of this log was left out: it has ${sizeOf(file)} bytes …`;
  return `head -c ${part} ${path}; printf '\\n%s\\n' ${quote(note)}; tail -c ${part} ${path}`;
}

function hasCommand(name: string, path = ''): boolean {
  return path.split(':').some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
