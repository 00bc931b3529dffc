import type { RunEventBody } from '../../../common/events.ts';
import { present } from '../../../common/present.ts';
import type { Telling } from './telling.ts';

/** Who looks on, and the run's events: what is told goes to both. */
export const withEvents = (telling: Telling, emit: (event: RunEventBody) => void): Telling => ({
  began(runner, node, files) {
    telling.began(runner, node, files);
    emit({ type: 'files-begun', runner, node, files });
  },
  ended(runner) {
    telling.ended(runner);
    emit({ type: 'files-ended', runner });
  },
  result(result, progress) {
    telling.result(result, progress);
    const { file, verdict, durationMs, message } = result;
    emit({ type: 'file-result', file, verdict, durationMs, ...present({ message }), ...progress });
  },
});
