import type { RunRecord } from '../record/run-record.ts';
import type { ReportPart } from './report-part.ts';

/** Writes one kind of report into the run directory. Gets plain data; knows no remote and no provider. */
export interface Reporter {
  readonly name: string;
  /** The file that it writes, relative to the run directory. */
  readonly file: string;
  /** `directory` is the run directory, absolute. `part`: of the page for browsers. */
  report(record: RunRecord, directory: string, part?: ReportPart): Promise<void>;
}
