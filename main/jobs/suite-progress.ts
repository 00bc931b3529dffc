import { z } from 'zod';

/** Of a distribution: what its runners do, and what its files came to so far. */
export const suiteProgress = z.object({
  /** Files that have a result, and files in all. */
  settled: z.number(),
  files: z.number(),
  runners: z.array(
    z.object({
      runner: z.string(),
      /** The name of its node. */
      node: z.string(),
      /** What it runs at the moment, in one process. */
      files: z.array(z.string()),
      /** When it began that: ms since the run began; null while it runs nothing. */
      sinceMs: z.number().nullable(),
      /** Files that it has ended. */
      ended: z.number(),
    }),
  ),
  /** The files that did not pass. */
  failed: z.array(z.object({ file: z.string(), verdict: z.string(), message: z.string().optional() })),
});
export type SuiteProgress = z.infer<typeof suiteProgress>;

/** What of it is kept at most. */
const most = { runners: 1000, files: 50, failed: 500, characters: 1000 };

const text = z.string().transform((said) => said.slice(0, most.characters));

/** The events of common/events.ts that tell how far a distribution has come. */
export const suiteEvents = [
  z.looseObject({
    at: z.number(),
    type: z.literal('files-begun'),
    runner: text,
    node: text,
    files: z.array(text),
  }),
  z.looseObject({ at: z.number(), type: z.literal('files-ended'), runner: text }),
  z.looseObject({
    at: z.number(),
    type: z.literal('file-result'),
    file: text,
    verdict: z.enum(['pass', 'fail', 'error', 'skip']),
    durationMs: z.number(),
    message: text.optional(),
    settled: z.number(),
    files: z.number(),
  }),
] as const;
type SuiteEvent = z.infer<(typeof suiteEvents)[number]>;

/** Takes an event, `atMs` after the run began, into a suite's progress, which is made where there is none. */
export function takeSuiteEvent(
  known: SuiteProgress | undefined,
  event: SuiteEvent,
  atMs: number,
): SuiteProgress {
  const suite = known ?? { settled: 0, files: 0, runners: [], failed: [] };
  switch (event.type) {
    case 'files-begun': {
      const runner = runnerOf(suite, event.runner);
      const files = event.files.slice(0, most.files);
      if (runner) Object.assign(runner, { node: event.node, files, sinceMs: atMs });
      return suite;
    }
    case 'files-ended': {
      const runner = suite.runners.find((each) => each.runner === event.runner);
      if (!runner) return suite;
      runner.ended += runner.files.length;
      Object.assign(runner, { files: [], sinceMs: null });
      return suite;
    }
    case 'file-result': {
      const { file, verdict, message, settled, files } = event;
      const failed = suite.failed.filter((each) => each.file !== file);
      if ((verdict === 'fail' || verdict === 'error') && failed.length < most.failed) {
        failed.push({ file, verdict, ...(message === undefined ? {} : { message }) });
      }
      return { ...suite, settled, files, failed };
    }
  }
}

function runnerOf({ runners }: SuiteProgress, name: string): SuiteProgress['runners'][number] | undefined {
  const known = runners.find(({ runner }) => runner === name);
  if (known || runners.length >= most.runners) return known;
  const fresh = { runner: name, node: '', files: [], sinceMs: null, ended: 0 };
  runners.push(fresh);
  runners.sort((one, other) => one.runner.localeCompare(other.runner, 'en', { numeric: true }));
  return fresh;
}
