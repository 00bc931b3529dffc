import type { RanFile, RanHook, RanProcess } from './schedule.ts';

/** All that ran, on one axis: ms since the first of it began. */
export interface Chart {
  readonly endMs: number;
  /** When the first process of tests began. */
  readonly testsMs: number;
  readonly nodes: readonly ChartNode[];
}

export interface ChartNode {
  readonly id: number;
  readonly hooks: readonly Stretch<RanHook>[];
  readonly lanes: readonly Lane[];
}

/** What one runner did. */
export interface Lane {
  readonly runner: string;
  readonly hooks: readonly Stretch<RanHook>[];
  readonly processes: readonly ProcessStretch[];
}

/** Something between two moments of the axis. */
export interface Stretch<What> {
  readonly startMs: number;
  readonly tookMs: number;
  readonly what: What;
}

export interface ProcessStretch extends Stretch<RanProcess> {
  readonly files: readonly Stretch<RanFile>[];
}

/** Puts what ran into lanes, by nodes and their runners. */
export function chartOf(processes: readonly RanProcess[], hooks: readonly RanHook[]): Chart {
  const starts = [...processes.map(({ ran }) => ran.startedAt), ...hooks.map(({ startedAt }) => startedAt)];
  const begin = starts.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
  const nodes = Map.groupBy([...processes.map(({ ran }) => ran), ...hooks], ({ node }) => node);
  const ofRunners = Map.groupBy(processes, ({ ran }) => ran.runner);
  const stretch = <What extends RanHook>(what: What) => ({
    startMs: what.startedAt - begin,
    tookMs: what.took,
    what,
  });
  const hooksOf = Map.groupBy(hooks, ({ node, runner }) => runner ?? `node ${node}`);
  const lane = (runner: string): Lane => ({
    runner,
    hooks: (hooksOf.get(runner) ?? []).map(stretch),
    processes: (ofRunners.get(runner) ?? []).map((process) => onAxis(process, begin)),
  });
  const ends = [
    ...processes.map(({ ran, took }) => ran.startedAt + took),
    ...hooks.map(({ startedAt, took }) => startedAt + took),
  ];
  const firstTest = processes.reduce(
    (least, { ran }) => Math.min(least, ran.startedAt),
    Number.POSITIVE_INFINITY,
  );
  return {
    endMs: Math.max(1, ends.reduce((most, each) => Math.max(most, each), 0) - begin),
    testsMs: Number.isFinite(firstTest) ? firstTest - begin : 0,
    nodes: [...nodes]
      .sort(([one], [other]) => one - other)
      .map(([id, there]) => ({
        id,
        hooks: (hooksOf.get(`node ${id}`) ?? []).map(stretch),
        lanes: [...new Set(there.flatMap(({ runner }) => runner ?? []))].sort(byNumbers).map(lane),
      })),
  };
}

const byNumbers = new Intl.Collator('en', { numeric: true }).compare;

/**
 * A process's files one after the other, at its end: what it takes besides them it mostly takes to start.
 * Files that ran at the same time within it share its time.
 */
function onAxis(process: RanProcess, begin: number): ProcessStretch {
  const { ran, took, files } = process;
  const sum = files.reduce((all, { durationMs }) => all + durationMs, 0);
  const scale = sum > took ? took / sum : 1;
  const startMs = ran.startedAt - begin;
  let at = startMs + Math.max(0, took - sum);
  const stretches = files.map((what) => {
    const stretch = { startMs: at, tookMs: what.durationMs * scale, what };
    at += stretch.tookMs;
    return stretch;
  });
  return { startMs, tookMs: took, what: process, files: stretches };
}
