import type { NodeReport } from '../../common/evidence-protocol.ts';
import type { AgentMethods } from '../../common/protocol.ts';
import type { OutgoingStream } from '../../common/streams/outgoing-stream.ts';
import type { Report } from './reports.ts';

/** Programs that run side by side: evidence must not be what loads a node down. */
const together = 4;

/**
 * Begins to send reports, each on a stream of its own, and gives which is where. One that cannot be had
 * breaks off its stream with a sentence; those for which there is no stream are told.
 */
export function sendReports(
  reports: readonly Report[],
  sinks: readonly OutgoingStream[],
): AgentMethods['reports']['result'] {
  const underway: (Report & { readonly sink: OutgoingStream })[] = [];
  const answer: NodeReport[] = [];
  const problems: string[] = [];
  for (const [index, report] of reports.entries()) {
    const sink = sinks[index];
    if (sink) {
      underway.push({ ...report, sink });
      answer.push({ name: report.name, stream: sink.id });
    } else problems.push(`${report.name}: there are too many reports`);
  }
  for (const unused of sinks.slice(reports.length)) unused.end();
  const work = async () => {
    for (let next = underway.shift(); next; next = underway.shift()) {
      const { sink } = next;
      await next.send(sink).catch((error: Error) => sink.destroy(error));
    }
  };
  for (let worker = 0; worker < together; worker += 1) void work();
  return { reports: answer, problems };
}
