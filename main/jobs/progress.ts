import { z } from 'zod';
import { suiteEvents, suiteProgress, takeSuiteEvent } from './suite-progress.ts';

const state = z.enum(['running', 'pass', 'fail', 'error', 'skip']);
const phaseProgress = z.object({
  phase: z.string(),
  state,
  /** ms since the run began: by one clock, the worker's, however wrong that is. */
  startMs: z.number(),
  /** Null while it goes on. */
  durationMs: z.number().nullable(),
});
const nodeProgress = z.object({
  id: z.number(),
  name: z.string(),
  address: z.string(),
  role: z.string().optional(),
  phases: z.array(phaseProgress),
});
const checkProgress = z.object({
  name: z.string(),
  state,
  durationMs: z.number().nullable(),
  message: z.string().optional(),
});

/** How far an attempt has come, as its events told. */
export const progressView = z.object({
  phases: z.array(phaseProgress),
  nodes: z.array(nodeProgress),
  checks: z.array(checkProgress),
  /** The first cause, and what followed. */
  failures: z.array(z.string()),
  /** Of a distribution of test files. */
  suite: suiteProgress.optional(),
});
export type Progress = z.infer<typeof progressView>;
type PhaseProgress = z.infer<typeof phaseProgress>;

export const noProgress: Progress = { phases: [], nodes: [], checks: [], failures: [] };

/** A progress, how many events it was made of, and when the run began (ms since the epoch). */
export interface FoldedProgress extends Progress {
  readonly seen: number;
  readonly began: number;
}

/** What one event may be at most of: an attempt tells as much as it likes, and no more is kept. */
const most = { phases: 100, nodes: 1000, checks: 2000, failures: 20, characters: 1000 };

const text = z.string().transform((said) => said.slice(0, most.characters));
const at = z.number();
const verdict = state.exclude(['running']);

/** The events of common/events.ts that tell how far a run has come. */
export const progressEvent = z.discriminatedUnion('type', [
  z.looseObject({ at, type: z.literal('run-started') }),
  z.looseObject({
    at,
    type: z.literal('nodes-known'),
    nodes: z.array(z.looseObject({ id: z.number(), name: text, address: text, role: text.optional() })),
  }),
  z.looseObject({ at, type: z.literal('phase-started'), phase: text, node: z.number().optional() }),
  z.looseObject({
    at,
    type: z.literal('phase-ended'),
    timing: z.looseObject({
      phase: text,
      node: z.number().optional(),
      startMs: z.number(),
      durationMs: z.number(),
      verdict,
    }),
  }),
  z.looseObject({ at, type: z.literal('check-started'), name: text }),
  z.looseObject({
    at,
    type: z.literal('check-ended'),
    check: z.looseObject({ name: text, verdict, durationMs: z.number(), message: text.optional() }),
  }),
  z.looseObject({
    at,
    type: z.literal('failure'),
    failure: z.looseObject({ message: text }),
    first: z.boolean().optional(),
  }),
  ...suiteEvents,
]);
type ProgressEvent = z.infer<typeof progressEvent>;

/**
 * The progress after further events. Those that it does not know, or that are not as they should be, count.
 */
export function foldedWith(before: FoldedProgress | undefined, events: readonly unknown[]): FoldedProgress {
  const { seen, began, ...known } = structuredClone(before ?? { ...noProgress, seen: 0, began: 0 });
  let start = began;
  for (const event of events) {
    const { success, data } = progressEvent.safeParse(event);
    if (!success) continue;
    if (data.type === 'run-started') start = data.at;
    else take(known, data, data.at - start);
  }
  return { ...known, seen: seen + events.length, began: start };
}

function take(progress: Progress, event: ProgressEvent, atMs: number): void {
  const { nodes, checks, failures } = progress;
  switch (event.type) {
    case 'nodes-known':
      for (const { id, name, address, role } of event.nodes) {
        const known = nodeOf(nodes, id);
        if (known) Object.assign(known, { name, address, ...(role === undefined ? {} : { role }) });
      }
      return;
    case 'phase-started': {
      const phase = { phase: event.phase, state: 'running', startMs: atMs, durationMs: null } as const;
      putPhase(phasesOf(progress, event.node), phase);
      return;
    }
    case 'phase-ended': {
      const { phase, node, startMs, durationMs, verdict } = event.timing;
      putPhase(phasesOf(progress, node), { phase, state: verdict, startMs, durationMs });
      return;
    }
    case 'check-started':
      if (checks.length < most.checks) checks.push({ name: event.name, state: 'running', durationMs: null });
      return;
    case 'check-ended': {
      const { name, verdict, durationMs, message } = event.check;
      const ended = { name, state: verdict, durationMs, ...(message === undefined ? {} : { message }) };
      const running = (is: (started: string) => boolean) =>
        checks.findLastIndex((check) => check.state === 'running' && is(check.name));
      const exact = running((started) => started === name);
      const under = exact >= 0 ? exact : running((started) => isResultOf(started, name));
      if (under >= 0) checks[under] = ended;
      else if (checks.length < most.checks) checks.push(ended);
      return;
    }
    case 'files-begun':
    case 'files-ended':
    case 'file-result':
      progress.suite = takeSuiteEvent(progress.suite, event, atMs);
      if (event.type === 'file-result') putFile(checks, event);
      return;
    case 'failure':
      // One that happened before all others may be told after them.
      if (event.first) failures.unshift(event.failure.message);
      else failures.push(event.failure.message);
      failures.splice(most.failures);
  }
}

/**
 * Whether one of the results of a check that began under this name, which has
 * one for each node, has that one.
 */
const isResultOf = (started: string, name: string): boolean =>
  name.startsWith(`${started} on `) || name === `${started} (by ssh)`;

/** A test file is a check of its distribution, by which its history tells what flickers. */
function putFile(
  checks: Progress['checks'],
  { file, verdict, durationMs, message }: Extract<ProgressEvent, { type: 'file-result' }>,
): void {
  const check = { name: file, state: verdict, durationMs, ...(message === undefined ? {} : { message }) };
  const place = checks.findIndex(({ name }) => name === file);
  if (place >= 0) checks[place] = check;
  else if (checks.length < most.checks) checks.push(check);
}

function phasesOf({ phases, nodes }: Progress, node: number | undefined): PhaseProgress[] | undefined {
  return node === undefined ? phases : nodeOf(nodes, node)?.phases;
}

function nodeOf(nodes: Progress['nodes'], id: number): Progress['nodes'][number] | undefined {
  const known = nodes.find((node) => node.id === id);
  if (known || nodes.length >= most.nodes) return known;
  const fresh = { id, name: '', address: '', phases: [] };
  nodes.push(fresh);
  return fresh;
}

function putPhase(phases: PhaseProgress[] | undefined, phase: PhaseProgress): void {
  if (!phases) return;
  const place = phases.findIndex((each) => each.phase === phase.phase);
  if (place >= 0) phases[place] = phase;
  else if (phases.length < most.phases) phases.push(phase);
}
