import { z } from 'zod';
import { ShakedownError } from '../../../common/errors.ts';
import type { AgentNotifications } from '../../../common/protocol/notifications.ts';
import type { AgentMethods } from '../../../common/protocol.ts';
import { agentAnswers, agentFailure, agentNotices } from './agent-answers.ts';

/** What came from an agent is not what it should be: the node's own trouble, and nobody else's. */
export class UnexpectedWordsError extends ShakedownError {
  constructor(what: string, why: string) {
    super({
      message: `the agent's ${what} is not what it should be: ${why}`,
      hint: 'look at the node: is it taken over, or out of memory? (`dmesg`)',
    });
    this.name = 'UnexpectedWordsError';
  }
}

/** An answer as its method's row in the table has it. Throws UnexpectedWordsError. */
export const checkAnswer = <M extends keyof AgentMethods>(
  method: M,
  answer: unknown,
): AgentMethods[M]['result'] => check(agentAnswers[method].result, answer, `answer to '${method}'`);

/** The same for what it tells unasked. */
export const checkNotice = <N extends keyof AgentNotifications>(
  name: N,
  notice: unknown,
): AgentNotifications[N] => check(agentNotices[name], notice, `notice '${name}'`);

/** The same for the `data` of a failure: the failure as an error, `at` its time by our clock. */
export function checkFailure(data: unknown): ShakedownError {
  const { agoMs, ...details } = check(agentFailure, data, 'failure');
  return new ShakedownError(agoMs === undefined ? details : { ...details, at: Date.now() - agoMs });
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue && issue.path.length > 0 ? `${z.core.toDotPath(issue.path)}: ` : '';
  throw new UnexpectedWordsError(what, `${where}${issue?.message ?? 'unknown'}`);
}
