import { describeFailure } from '../../../common/errors.ts';
import type { RunEvent } from '../../../common/events.ts';
import { count, duration } from '../../report/words.ts';

/** What a person is told of an event of the run, beside the files' results; undefined for most. */
export function eventLine(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'run-started':
      return `run ${event.run} of ${event.scenario}`;
    case 'nodes-known':
      return `${count(event.nodes.length, 'node')}: ${event.nodes.map(({ name, address }) => `${name} (${address})`).join(', ')}`;
    case 'phase-ended': {
      const { phase, node, durationMs } = event.timing;
      if (phase !== 'setup' && phase !== 'machines') return undefined;
      const where = node === undefined ? '' : `node ${node}: `;
      return `${where}${phase === 'setup' ? 'node_setup' : phase} in ${duration(durationMs)}`;
    }
    case 'note':
      return `${event.node === undefined ? '' : `node ${event.node}: `}${event.message}`;
    case 'failure':
      return event.failure.phase === 'check' ? undefined : describeFailure(event.failure);
    default:
      return undefined;
  }
}
