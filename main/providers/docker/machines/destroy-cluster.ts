import { ShakedownError } from '../../../../common/errors.ts';
import type { RunContext } from '../../../context/run-context.ts';
import { runScript } from '../../host/root-script.ts';
import { explainEngine } from '../engines/explain-engine.ts';
import { enginesInUse } from '../engines/find-engines.ts';
import { readState } from '../list-clusters.ts';
import { destroyScript, removeFolderScript } from './destroy-script.ts';

/**
 * Takes a cluster away from every engine that answers, and then its folder. Throws ShakedownError when
 * something stays, or when the engine that the cluster was made in does not answer.
 */
export async function destroyCluster(id: string, ctx: Pick<RunContext, 'signal'>): Promise<void> {
  const state = await readState(id);
  const failure = {
    message: `could not take away all of docker cluster ${id}`,
    phase: 'machines' as const,
    hint: "end what still uses it, then run 'shakedown reap'",
  };
  const engines = await enginesInUse(ctx.signal, state?.engine);
  if (state && !engines.some(({ kind }) => kind === state.engine.kind)) {
    throw new ShakedownError({
      ...failure,
      message: `${failure.message}: ${state.engine.kind} does not answer`,
      hint: `start ${state.engine.kind} again${state.engine.host ? ` (${state.engine.host})` : ''}, then run 'shakedown reap'`,
    });
  }
  for (const engine of engines) {
    await runScript([], destroyScript(engine, id), { signal: ctx.signal, failure, explain: explainEngine });
  }
  await runScript([], removeFolderScript(id), { signal: ctx.signal, failure });
}
