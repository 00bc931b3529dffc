import { size } from '../../report/words.ts';
import type { ProcessEnd } from '../executors/start-process.ts';
import { byFile } from './by-file.ts';
import type { ReportedCase } from './reported-case.ts';
import { type FileResult, isBad } from './test-result.ts';

/** Why it is not known what a process reported. */
export interface NoReport {
  /** A sentence. */
  readonly why: string;
  /** It has left one that cannot be read: nobody knows what tests there were. */
  readonly broken: boolean;
}

/** A process of tests that has ended, and what is known of it. */
export interface EndedProcess {
  readonly files: readonly string[];
  /** The project's folder on the node. */
  readonly folder: string;
  readonly end: ProcessEnd;
  /** What its report says, or why that is not known; absent where its command leaves none. */
  readonly report: readonly ReportedCase[] | NoReport | undefined;
  readonly emptyCodes: readonly number[];
  /** Whether a process without a report has not come to its end, whatever it exits with. */
  readonly mustReport: boolean;
}

export type JudgedFile = Pick<FileResult, 'file' | 'verdict' | 'durationMs' | 'tests' | 'message'>;

export interface Judgement {
  readonly results: readonly JudgedFile[];
  /** Files of which it is not known what they came to: each is to be run in a process of its own. */
  readonly apart: readonly string[];
  /** ms that the process took beside its tests, where its report tells of those. */
  readonly startMs?: number;
}

/** What the files of a process came to that ended by itself, or by a time limit. */
export function judge(ended: EndedProcess): Judgement {
  const { files, folder, end, report, emptyCodes } = ended;
  if (report === undefined || 'why' in report) return withoutCases(ended, report);
  const wrong = wrongWith(end.how);
  const only = files.length === 1;
  const { tests, unplaced } = byFile(report, files, folder);
  // Whose test it is that failed, nobody knows.
  if (unplaced.some(isBad)) return { results: [], apart: files };
  const told = [...tests.values()].flat();
  const sum = told.reduce((all, { durationMs }) => all + durationMs, 0);
  const failures = told.filter(isBad);
  const apart: string[] = [];
  const results = files.flatMap((file): readonly JudgedFile[] => {
    const own = tests.get(file) ?? [];
    const part = own.reduce((all, { durationMs }) => all + durationMs, 0);
    // Without the start of the process, of which other files had something, too.
    const durationMs = Math.max(1, Math.round(part));
    const bad = own.some(isBad);
    if (bad || wrong === undefined) return [{ file, verdict: bad ? 'fail' : 'pass', durationMs, tests: own }];
    // It failed, and this file's tests did not: what went wrong is another file's, or no test's.
    const explained = failures.length > 0 && own.length > 0 && end.how.kind === 'exit';
    const empty = only && own.length === 0 && end.how.kind === 'exit' && emptyCodes.includes(end.how.code);
    if (explained || empty) return [{ file, verdict: 'pass', durationMs, tests: own }];
    if (only)
      return [{ file, verdict: 'fail', durationMs, tests: own, message: `${wrong}, and no test failed` }];
    apart.push(file);
    return [];
  });
  return { results, apart, startMs: Math.max(0, end.took - sum) };
}

/** Its exit code tells, unless there are tests of which nobody knows. */
function withoutCases({ files, end, mustReport }: EndedProcess, report: NoReport | undefined): Judgement {
  const ended = mustReport && report ? 'something in it ended its process' : undefined;
  const wrong = wrongWith(end.how) ?? ended;
  const verdict = wrong !== undefined ? 'fail' : report?.broken ? 'error' : 'pass';
  if (verdict !== 'pass' && files.length > 1) return { results: [], apart: files };
  const message = [wrong, report?.why].filter(Boolean).join('; ');
  const durationMs = Math.round(end.took / files.length);
  return {
    results: files.map((file) => ({ file, verdict, durationMs, tests: [], ...(message && { message }) })),
    apart: [],
  };
}

/** What took a process down with the files that it had. */
export interface TakenDown {
  readonly why: string;
  /** All of its node is lost. */
  readonly ofNode: boolean;
}

/** Undefined where nothing took it down. `node`: its name. */
export function takenDownBy(how: ProcessEnd['how'], node: string): TakenDown | undefined {
  if (how.kind === 'lost') return { why: `${node}: ${how.reason}`, ofNode: true };
  return how.kind === 'signal' ? { why: `${how.signal} on ${node}`, ofNode: false } : undefined;
}

/** A sentence for a process that did not end well. */
export function wrongWith(how: ProcessEnd['how']): string | undefined {
  if (how.kind === 'exit') return how.code === 0 ? undefined : `it exits with ${how.code}`;
  if (how.kind === 'late') return `it took longer than its time limit of ${how.seconds} s`;
  if (how.kind === 'silent') return `it said nothing for ${how.seconds} s`;
  if (how.kind === 'memory') {
    const { bytes, limit } = how;
    // The kernel gives no more than that.
    const had = bytes > limit ? `it had ${size(bytes)},` : 'it asked for';
    return `it was out of memory: ${had} more than its limit of ${size(limit)}`;
  }
  return how.kind === 'signal' ? `it was ended by ${how.signal}` : 'it did not come to its end';
}
