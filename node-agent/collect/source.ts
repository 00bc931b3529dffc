import type { Writable } from 'node:stream';

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
    await Promise.all(sinks.map((sink, index) => write(sink, all[index] ?? '')));
  },
});

/** Resolves when all is on its way, or nobody wants it any more, which costs the others nothing. */
async function write(sink: Writable, text: string): Promise<void> {
  if (sink.destroyed) return;
  await new Promise((resolve) => sink.once('close', resolve).end(text));
}
