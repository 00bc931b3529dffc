import type { DataCallback, Disposable, Message, MessageReader } from 'vscode-jsonrpc/node';
import type { AgentNotifications } from '../../../common/protocol/notifications.ts';
import { agentNotices } from './agent-answers.ts';
import { checkNotice, UnexpectedWordsError } from './check-words.ts';
import { TalkBudget } from './talk-budget.ts';

/**
 * Reads an agent's messages, and hands on only what an agent may say: answers, whose contents are
 * checked where their method is known, and the notifications of the protocol, checked here. `onBroken`
 * is called once, with an error for people, at the first message that is anything else, or more than
 * an agent has to say; then no more is handed on.
 */
export function checkedReader(inner: MessageReader, onBroken: (error: Error) => void): MessageReader {
  const budget = new TalkBudget();
  let broken = false;
  const listen = (callback: DataCallback): Disposable =>
    inner.listen((message) => {
      if (broken) return;
      try {
        budget.take(message);
        callback(checked(message));
      } catch (error) {
        broken = true;
        onBroken(error as Error);
      }
    });
  return {
    onError: inner.onError,
    onClose: inner.onClose,
    onPartialMessage: inner.onPartialMessage,
    listen,
    dispose: () => inner.dispose(),
  };
}

/** Our requests have numbers. */
interface Said extends Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly error?: unknown;
}

function checked(message: Message): Message {
  const { id, method, params, error } = message as Said;
  if (method === undefined) {
    if (typeof id === 'number' && isError(error)) return message;
    throw new UnexpectedWordsError('answer', 'it answers nothing');
  }
  if (id !== undefined) throw new UnexpectedWordsError('message', 'it asks the main host');
  if (!isNotice(method)) throw new UnexpectedWordsError('notice', 'it has no name that is known');
  // The library takes a single object for the one argument of a handler.
  return { jsonrpc: '2.0', method, params: checkNotice(method, params) } as Message;
}

/** The library throws into its own callbacks at errors that are none. */
const isError = (error: unknown): boolean =>
  error === undefined ||
  (typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    Number.isInteger(error.code) &&
    'message' in error &&
    typeof error.message === 'string');

const isNotice = (method: unknown): method is keyof AgentNotifications =>
  typeof method === 'string' && Object.hasOwn(agentNotices, method);
