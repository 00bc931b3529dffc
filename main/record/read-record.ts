import { z } from 'zod';
import { UsageError } from '../../common/errors.ts';
import { recordSchema } from './record-schema.ts';
import { type RunRecord, recordVersion } from './run-record.ts';
import { upgradedRecord } from './upgrade-record.ts';

/**
 * The record that a `run.json` holds; one of an older version is brought up to today's. `run` is its id.
 * Throws UsageError when a newer shakedown wrote it, or when it is damaged.
 */
export function readRecord(text: string, run: string): RunRecord {
  const value = parsed(text);
  const version = versionOf(value);
  if (version > recordVersion) {
    throw new UsageError(
      `run.json of run ${run} was written by a newer shakedown ` +
        `(record version ${version}; this one reads up to ${recordVersion}): update shakedown`,
    );
  }
  const result = (version === 1 ? upgradedRecord : recordSchema).safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue ? `: ${z.core.toDotPath(issue.path) || 'it'}: ${issue.message}` : '';
  throw new UsageError(`run.json of run ${run} is damaged${where}.`, {
    hint: `look at its tester.log and report.html, or delete its folder`,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Version 1 did not name itself. */
function versionOf(value: unknown): number {
  const named = (value as { recordVersion?: unknown } | null | undefined)?.recordVersion;
  return typeof named === 'number' && Number.isInteger(named) && named > 0 ? named : 1;
}
