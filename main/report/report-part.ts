import type { Span } from '../../common/span.ts';
import type { RunRecord } from '../record/run-record.ts';

/** A part of the report page that is made by who had the run, and not from its record alone. */
export interface ReportPart {
  /** A section, whole. */
  html(run: RunRecord): string;
  /** Its style sheet. */
  readonly style: string;
  /** Which spans it shows, so that the page need not show them in its own way where nothing is wrong. */
  readonly shows: (span: Span) => boolean;
}
