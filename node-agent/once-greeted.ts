import { ShakedownError } from '../common/errors.ts';
import type { Methods } from './serve.ts';

type Asked = (params: never, signal: AbortSignal) => Promise<unknown>;

/** The same methods, which throw ShakedownError as long as the node was not taken. */
export function onceGreeted<M extends Partial<Methods>>(methods: M, isGreeted: () => boolean): M {
  const guarded = Object.entries<Asked>(methods as never).map(([name, method]) => {
    const asked: Asked = async (params, signal) => {
      if (!isGreeted())
        throw new ShakedownError({ message: 'the agent was not greeted: `hello` comes first' });
      return method(params, signal);
    };
    return [name, asked] as const;
  });
  return Object.fromEntries(guarded) as M;
}
