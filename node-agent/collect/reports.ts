import { spawn } from 'node:child_process';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ShakedownError } from '../../common/errors.ts';
import type { AgentState } from '../agent-state.ts';
import { isSystemError } from '../failure.ts';
import { sendJournal } from '../journal/send-journal.ts';
import { hasSystemd } from '../node-facts.ts';
import { sizeOf } from '../services/log-file.ts';
import { listPackages } from './installed-packages.ts';

/** Of a log that is larger than `whole` bytes, `part` bytes of its beginning and of its end come home. */
const whole = 128 * 1024 * 1024;
const part = 32 * 1024 * 1024;

export interface ReportsParams {
  /** ms since the epoch, by this node's clock. */
  readonly sinceMs: number;
  readonly units: readonly string[];
}

/** A piece of evidence. */
export interface Report {
  /** Unlike any other's. */
  readonly name: string;
  /** Writes all of it and ends the sink; rejects when it cannot. */
  send(sink: Writable): Promise<void>;
}

/**
 * The node's evidence, apart from its files. A program that this node lacks, or that cannot work here, is
 * left out.
 */
export function planReports(
  { sinceMs, units }: ReportsParams,
  state: AgentState,
  path = process.env.PATH,
): Report[] {
  const programs: readonly NamedProgram[] = [
    ...(hasSystemd() ? ofSystemd(units) : []),
    ['processes.txt', ['ps', 'axwwf', '-o', 'user,pid,ppid,stat,lstart,rss,args']],
    ['sockets.txt', ['ss', '-tulnp']],
    ['addresses.txt', ['ip', 'address']],
    ['disks.txt', ['df', '-h']],
  ];
  const possible = programs.filter(([, ...runs]) => runs.every(([program]) => hasProgram(program, path)));
  const logs = existsSync(state.logs) ? readdirSync(state.logs) : [];
  return withoutDoubles([
    ...logs.map((name) => ({ name, send: (sink: Writable) => sendLog(join(state.logs, name), sink) })),
    ...(hasSystemd() && hasProgram('journalctl', path) ? journals(sinceMs, units) : []),
    ...possible.map(([name, ...runs]) => ({ name, send: (sink: Writable) => sendOutput(runs, sink) })),
    ...(existsSync('/var/lib/dpkg/status') ? [packages] : []),
  ]);
}

/** A report's name, and the programs whose output it is. */
type NamedProgram = readonly [name: string, ...runs: readonly Argv[]];
type Argv = readonly [program: string, ...args: string[]];

const packages: Report = {
  name: 'packages.txt',
  send: async (sink) => pipeline(Readable.from([await listPackages()]), sink),
};

/** Two reports of one name (a service and a unit that are called alike) get different ones. */
function withoutDoubles(reports: readonly Report[]): Report[] {
  const taken = new Set<string>();
  return reports.map(({ name, send }) => {
    let free = name;
    for (let count = 2; taken.has(free); count += 1) free = name.replace(/(?=\.\w+$)/, `.${count}`);
    taken.add(free);
    return { name: free, send };
  });
}

/** The whole journal, and that of each unit. */
const journals = (sinceMs: number, units: readonly string[]): Report[] =>
  [undefined, ...units].map((unit) => ({
    name: `${unit === undefined ? 'journal' : nameOf(unit)}.log`,
    send: (sink) => sendJournal(sinceMs, unit, sink),
  }));

function ofSystemd(units: readonly string[]): readonly NamedProgram[] {
  const status = ['systemctl', '--no-pager', '--full'] as const;
  const ofUnits = units.map(
    (unit): NamedProgram => [`${nameOf(unit)}.status.txt`, [...status, '--lines=50', 'status', '--', unit]],
  );
  return [
    ...ofUnits,
    ['failed-units.txt', [...status, '--failed'], [...status, '--lines=100', 'status', '--state=failed']],
  ];
}

const nameOf = (unit: string): string =>
  unit.replace(/\.service$/, '').replaceAll(/[^\p{L}\p{N}._@+-]/gu, '_');

/**
 * What programs print, one after the other. Their exit codes say nothing: `systemctl status` has one for each
 * state.
 */
async function sendOutput(runs: readonly Argv[], sink: Writable): Promise<void> {
  for (const [program, ...args] of runs) {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const gone = () => child.kill();
    sink.once('close', gone);
    child.once('error', (error) => child.stdout.destroy(error));
    await pipeline(child.stdout, sink, { end: false });
    sink.off('close', gone);
  }
  sink.end();
}

/** A log that its writer turned or removed meanwhile is no failure. */
async function sendLog(file: string, sink: Writable): Promise<void> {
  const size = sizeOf(file);
  const left = size - 2 * part;
  const pieces =
    size <= whole
      ? [{}]
      : [{ end: part - 1 }, `\n… ${left} bytes of this log were left out …\n`, { start: size - part }];
  for (const piece of pieces) {
    const source = typeof piece === 'string' ? Readable.from([piece]) : createReadStream(file, piece);
    await pipeline(source, sink, { end: false }).catch((error: unknown) => {
      if (!isSystemError(error, 'ENOENT')) throw error;
      throw new ShakedownError({ message: 'it was removed meanwhile' });
    });
  }
  sink.end();
}

function hasProgram(name: string, path = ''): boolean {
  return path.split(':').some((folder) => existsSync(join(folder, name)));
}
