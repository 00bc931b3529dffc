import type { FailureDetails } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { Span } from '../../common/span.ts';

/**
 * What a record holds at most: the recorder cuts what is longer, and a reader
 * refuses it. Characters, or entries.
 */
export const bounds = {
  name: 4_000,
  text: 64_000,
  detail: 256_000,
  lines: 400,
  spans: 200_000,
  events: 20_000,
  nodes: 10_000,
  /** Packages of a node, things of a node that were not collected. */
  list: 100_000,
} as const;

/** Says how much is missing, within the limit. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = text.slice(0, limit - 60);
  return `${kept}\n… and ${text.length - kept.length} characters more`;
}

export const cutSpan = (span: Span): Span => ({
  ...span,
  name: cut(span.name, bounds.name),
  ...present({
    message: span.message && cut(span.message, bounds.text),
    detail: span.detail && cut(span.detail, bounds.detail),
    by: span.by && cut(span.by, bounds.name),
  }),
});

export const cutFailure = (failure: FailureDetails): FailureDetails => ({
  ...failure,
  message: cut(failure.message, bounds.text),
  ...present({
    command: failure.command && cut(failure.command, bounds.text),
    hint: failure.hint && cut(failure.hint, bounds.text),
    lastLines: failure.lastLines?.slice(-bounds.lines).map((line) => cut(line, bounds.name)),
  }),
});
