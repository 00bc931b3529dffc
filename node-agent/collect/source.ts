import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Evidence of which one look tells: one report, or several by their names. */
export interface Source {
  readonly names: readonly string[];
  /** Writes each report whole to the sink at its place, and ends it; rejects when it cannot. */
  send(sinks: readonly Writable[]): Promise<void>;
}

/** A report whose text is had at once. */
export const textSource = (name: string, text: () => string | Promise<string>): Source =>
  textSources([name], async () => [await text()]);

/** Several of which the texts are had at once, in the order of their names. */
export const textSources = (names: readonly string[], texts: () => Promise<readonly string[]>): Source => ({
  names,
  send: async (sinks) => {
    const all = await texts();
    // One that is no longer wanted does not cost the others.
    await Promise.allSettled(sinks.map((sink, index) => pipeline(Readable.from([all[index] ?? '']), sink)));
  },
});
