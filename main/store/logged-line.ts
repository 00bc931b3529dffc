import type { RunEvent } from '../../common/events.ts';
import { present } from '../../common/present.ts';
import { describeSpan, machineActSpan, type Span } from '../../common/span.ts';

const spanLine = (span: Span) => ({
  text: `${describeSpan(span)}, after ${span.durationMs} ms`,
  ...present({ node: span.node }),
});

/** What a person would want to read of an event in `tester.log`; nothing of one that says nothing new. */
export function loggedLine(event: RunEvent): { text: string; node?: number } | undefined {
  const on = (text: string, node: number | undefined) => ({ text, ...present({ node }) });
  switch (event.type) {
    case 'phase-started':
      return on(`${event.phase} …`, event.node);
    case 'phase-ended':
      return on(
        `${event.timing.phase}: ${event.timing.verdict} after ${event.timing.durationMs} ms`,
        event.timing.node,
      );
    case 'note':
      return on(event.message, event.node);
    case 'machine-act':
      return spanLine(machineActSpan(event.done));
    case 'span-ended':
      return spanLine(event.span);
    case 'clock-measured':
      return on(
        `its clock: ${event.measure.offsetMs.toFixed(1)} ms from the main host's, give or take ${event.measure.uncertaintyMs.toFixed(1)} ms`,
        event.measure.node,
      );
    case 'check-ended':
      return on(
        `check ${event.check.verdict}: ${event.check.name}${event.check.message ? `: ${event.check.message}` : ''}`,
        undefined,
      );
    case 'failure':
      return on(
        `${event.first ? 'first failure' : 'failure'}: ${JSON.stringify(event.failure)}`,
        event.failure.node,
      );
    case 'run-ended':
      return on(
        `verdict ${event.verdict} after ${event.durationMs} ms, exit code ${event.exitCode}`,
        undefined,
      );
    default:
      return undefined;
  }
}
