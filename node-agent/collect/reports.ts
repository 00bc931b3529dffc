import { spawn } from 'node:child_process';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ShakedownError } from '../../common/errors.ts';
import type { AgentState } from '../agent-state.ts';
import { isSystemError } from '../failure.ts';
import { sendJournals } from '../journal/send-journals.ts';
import { hasSystemd } from '../node-facts.ts';
import { fileSystems } from '../proc/file-systems.ts';
import { interfacesInWords } from '../proc/interfaces.ts';
import { listeningSockets } from '../proc/listening-sockets.ts';
import { processTree } from '../proc/process-tree.ts';
import { sizeOf } from '../services/log-file.ts';
import { listPackages } from './installed-packages.ts';
import { type Source, textSource, textSources } from './source.ts';
import { unitStatus } from './unit-status.ts';

/** Of a log that is larger than `whole` bytes, `part` bytes of its beginning and of its end come home. */
const whole = 128 * 1024 * 1024;
const part = 32 * 1024 * 1024;

export interface ReportsParams {
  /** ms since the epoch, by this node's clock. */
  readonly sinceMs: number;
  readonly units: readonly string[];
}

/**
 * The node's evidence, apart from its files. A program that this node lacks, or that cannot work here, is
 * left out.
 */
export function planReports(
  { sinceMs, units }: ReportsParams,
  state: AgentState,
  path = process.env.PATH,
): Source[] {
  const logs = existsSync(state.logs) ? readdirSync(state.logs) : [];
  const journals = hasSystemd() && hasProgram('journalctl', path);
  return withoutDoubles([
    ...logs.map((name) => ({ names: [name], send: only((sink) => sendLog(join(state.logs, name), sink)) })),
    ...(journals ? [journalsOf(sinceMs, units)] : []),
    ...(hasSystemd() ? [statusOf(units)] : []),
    textSource('processes.txt', processTree),
    textSource('sockets.txt', listeningSockets),
    { names: ['addresses.txt'], send: only((sink) => sendAddresses(sink, path)) },
    textSource('disks.txt', fileSystems),
    ...(existsSync('/var/lib/dpkg/status') ? [textSource('packages.txt', listPackages)] : []),
  ]);
}

async function sendAddresses(sink: Writable, path: string | undefined): Promise<void> {
  const told = interfacesInWords();
  if (told === undefined && hasProgram('ip', path)) await sendOutput(['ip', 'address'], sink);
  else sink.end(told);
}

const only =
  (send: (sink: Writable) => Promise<void>): Source['send'] =>
  async ([sink]) => {
    if (sink) await send(sink);
  };

/** The whole journal, and that of each unit. */
const journalsOf = (sinceMs: number, units: readonly string[]): Source => ({
  names: ['journal.log', ...units.map((unit) => `${nameOf(unit)}.log`)],
  send: (sinks) => sendJournals(sinceMs, units, sinks),
});

const statusOf = (units: readonly string[]): Source =>
  textSources([...units.map((unit) => `${nameOf(unit)}.status.txt`), 'failed-units.txt'], async () => {
    const status = await unitStatus(units);
    return [...status.units, status.failed];
  });

/** Two reports of one name (a service and a unit that are called alike) get different ones. */
function withoutDoubles(sources: readonly Source[]): Source[] {
  const taken = new Set<string>();
  const free = (name: string) => {
    let other = name;
    for (let count = 2; taken.has(other); count += 1) other = name.replace(/(?=\.\w+$)/, `.${count}`);
    taken.add(other);
    return other;
  };
  return sources.map(({ names, send }) => ({ names: names.map(free), send }));
}

const nameOf = (unit: string): string =>
  unit.replace(/\.service$/, '').replaceAll(/[^\p{L}\p{N}._@+-]/gu, '_');

/** What a program prints, whatever its exit code. */
async function sendOutput([program, ...args]: readonly [string, ...string[]], sink: Writable): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  child.once('error', (error) => child.stdout.destroy(error));
  try {
    await pipeline(child.stdout, sink);
  } finally {
    child.kill();
  }
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
