import { htmlReport } from './html-report.ts';
import { jsonReport } from './json-report.ts';
import { junitReport } from './junit-report.ts';
import type { Reporter } from './reporter.ts';

/** Every kind of report that a run leaves. */
export const reporters: readonly Reporter[] = [jsonReport, junitReport, htmlReport];
