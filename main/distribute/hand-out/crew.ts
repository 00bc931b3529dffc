import type { Free, WaitingFile } from './batch.ts';
import type { Busy } from './straggler.ts';

/** What a runner does, and how fast it was so far. */
interface Member {
  /** When that began; ms of the crew's clock. */
  since: number;
  /** `coming`: it has not asked for files yet, its hook may be running. */
  state: 'coming' | 'idle' | 'busy';
  files: readonly WaitingFile[];
  /** ms that its processes took, and that they were expected to. */
  readonly took: { actual: number; expected: number; processes: number };
}

/** ms that a process with these files is expected to take; undefined as long as nothing is known. */
export type Expect = (files: readonly WaitingFile[]) => number | undefined;

const nothing = { actual: 0, expected: 0, processes: 0 };

/** The runners of a suite: who of them is busy, and for how long. */
export class Crew {
  readonly #members = new Map<string, Member>();
  readonly #now: () => number;
  #announced = 0;
  #joined = 0;
  #begin: number | undefined;

  /** `now`: ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** So many will join in all. */
  announce(runners: number): void {
    this.#announced = Math.max(this.#announced, runners);
  }

  join(runner: string): void {
    this.#begin ??= this.#now();
    this.#joined += 1;
    const since = this.#now();
    this.#members.set(runner, { since, state: 'coming', files: [], took: { ...nothing } });
  }

  leave(runner: string): void {
    this.#members.delete(runner);
  }

  /** Runners that there were, those that have left among them. */
  get joined(): number {
    return this.#joined;
  }

  has(runner: string): boolean {
    return this.#members.has(runner);
  }

  /** It has room for files, beside those that it has. */
  asks(runner: string): void {
    const member = this.#members.get(runner);
    if (member?.state === 'coming') this.#set(member, []);
  }

  takes(runner: string, files: readonly WaitingFile[]): void {
    const member = this.#members.get(runner);
    if (!member) return;
    const { files: before, since } = member;
    this.#set(member, [...before, ...files]);
    // What it had before it has still for as long.
    if (before.length > 0) member.since = since;
  }

  /** Of what it has these have ended by themselves: that tells how fast it is. */
  ended(runner: string, paths: readonly string[], expect: Expect): void {
    const member = this.#members.get(runner);
    const done = member?.files.filter(({ path }) => paths.includes(path)) ?? [];
    if (!member || done.length === 0) return;
    const expected = expect(done);
    if (expected !== undefined && expected > 0) {
      member.took.expected += expected;
      member.took.actual += this.#now() - member.since;
      member.took.processes += 1;
    }
    this.#set(member, without(member.files, paths));
  }

  /** It has these no more; `runner`: anybody where none is told. */
  drop(paths: readonly string[], runner?: string): void {
    for (const [id, member] of this.#members) {
      if (runner !== undefined && id !== runner) continue;
      const left = without(member.files, paths);
      if (left.length < member.files.length) this.#set(member, left);
    }
  }

  hasFiles(runner: string): boolean {
    return this.#members.get(runner)?.state === 'busy';
  }

  get names(): readonly string[] {
    return [...this.#members.keys()];
  }

  /** Those that are there or will come. */
  get size(): number {
    return this.#members.size + this.#missing;
  }

  /** How many times as long as expected a runner takes; as if it had run one process more as expected. */
  pace(runner: string): number {
    const { actual, expected, processes } = this.#members.get(runner)?.took ?? nothing;
    if (processes === 0) return 1;
    const one = expected / processes;
    return (actual + one) / (expected + one);
  }

  /**
   * When each of the others can take files. Who is late, with its files or in coming, is taken to need as
   * long again as it is late by now. `mayTake`: whether a runner gets files at all.
   */
  others(runner: string, expect: Expect, mayTake: (runner: string) => boolean): readonly Free[] {
    const now = this.#now();
    const there = [...this.#members].flatMap(([id, { since, state, files }]): readonly Free[] => {
      if (id === runner || !mayTake(id)) return [];
      const pace = this.pace(id);
      if (state === 'idle') return [{ inMs: 0, pace }];
      const expected = state === 'busy' ? (expect(files) ?? 0) * pace : 0;
      return [{ inMs: Math.abs(since + expected - now), pace }];
    });
    const late = now - (this.#begin ?? now);
    return [...there, ...Array.from({ length: this.#missing }, () => ({ inMs: late, pace: 1 }))];
  }

  /** Those that have files of which it is known how long they take, without this one. */
  busy(runner: string, expect: Expect): readonly Busy[] {
    const now = this.#now();
    return [...this.#members].flatMap(([id, { since, state, files }]): readonly Busy[] => {
      const expected = state === 'busy' && id !== runner ? expect(files) : undefined;
      if (expected === undefined) return [];
      const pace = this.pace(id);
      return [{ files, pace, forMs: now - since, expectedMs: expected * pace }];
    });
  }

  get #missing(): number {
    return Math.max(0, this.#announced - this.#joined);
  }

  #set(member: Member, files: readonly WaitingFile[]): void {
    Object.assign(member, { files, state: files.length > 0 ? 'busy' : 'idle', since: this.#now() });
  }
}

const without = (files: readonly WaitingFile[], paths: readonly string[]): readonly WaitingFile[] =>
  files.filter(({ path }) => !paths.includes(path));
