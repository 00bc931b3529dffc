import type { RunRecord } from '../record/run-record.ts';
import { htmlReport } from './html-report.ts';
import { jsonReport } from './json-report.ts';
import { junitReport } from './junit-report.ts';
import type { ReportPart } from './report-part.ts';
import type { Reporter } from './reporter.ts';

/** Every kind of report that a run leaves. */
export const reporters: readonly Reporter[] = [jsonReport, junitReport, htmlReport];

/**
 * Writes them all into the run's directory; one that fails is told to `failed`, and the others are written.
 */
export async function writeEachReport(
  record: RunRecord,
  directory: string,
  failed: (name: string, error: unknown) => void,
  part?: ReportPart,
): Promise<void> {
  for (const { name, report } of reporters) {
    await report(record, directory, part).catch((error) => failed(name, error));
  }
}
