import type { NodeReport } from '../../common/protocol/evidence-protocol.ts';
import type { AgentMethods } from '../../common/protocol.ts';
import type { OutgoingStream } from '../../common/streams/outgoing-stream.ts';
import type { Source } from './source.ts';

/** Looks that are taken side by side: evidence must not be what loads a node down. */
const together = 4;

/**
 * Begins to send reports, each on a stream of its own, and gives which is where. One that cannot be had
 * breaks off its stream with a sentence; those for which there is no stream are told.
 */
export function sendReports(
  sources: readonly Source[],
  streams: readonly OutgoingStream[],
): AgentMethods['reports']['result'] {
  const free = [...streams];
  const underway: { readonly source: Source; readonly sinks: readonly OutgoingStream[] }[] = [];
  const reports: NodeReport[] = [];
  const problems: string[] = [];
  for (const source of sources) {
    const sinks = free.splice(0, source.names.length);
    if (sinks.length > 0) underway.push({ source, sinks });
    for (const [index, name] of source.names.entries()) {
      const sink = sinks[index];
      if (sink) reports.push({ name, stream: sink.id });
      else problems.push(`${name}: there are too many reports`);
    }
  }
  for (const unused of free) unused.end();
  const work = async () => {
    for (let next = underway.shift(); next; next = underway.shift()) {
      const { source, sinks } = next;
      await source.send(sinks).catch((error: Error) => {
        for (const sink of sinks) sink.destroy(error);
      });
    }
  };
  for (let worker = 0; worker < together; worker += 1) void work();
  return { reports, problems };
}
