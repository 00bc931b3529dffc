import { dirname } from 'node:path';
import { ShakedownError } from '../../../../common/errors.ts';
import type { RunContext } from '../../../context/run-context.ts';
import type { MachineOf } from '../../capabilities.ts';
import { hostNumber } from '../../host/machine-at.ts';
import { runScript } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import { type Engine, engineValues, runEngine } from '../engines/engine.ts';
import { explainEngine } from '../engines/explain-engine.ts';
import { enginesInUse } from '../engines/find-engines.ts';
import { readState } from '../list-clusters.ts';
import { clusterLabel, clusterNames, consoleLog, containerName } from '../names.ts';

/** The engine that holds a cluster. Throws ShakedownError when none does. */
export async function engineOf(id: string, signal: AbortSignal): Promise<Engine> {
  const state = await readState(id);
  const engines = await enginesInUse(signal, state?.engine);
  for (const engine of engines) {
    const failure = { message: `could not list what ${engine.kind} holds` };
    const ours = ['ps', '-aq', '--filter', `label=${clusterLabel}=${id}`];
    if ((await runEngine(engine, ours, { signal, failure })).trim() !== '') return engine;
  }
  throw new ShakedownError({
    message: `docker cluster ${id} is not there${engines.length === 0 ? ': no engine answers' : ''}`,
    hint: "'shakedown down' and run again",
  });
}

const words = { reboot: 'rebooted', power_off: 'switched off', power_on: 'switched on' } as const;

/** Restarts, cuts off or starts one machine. Throws ShakedownError with the engine's words. */
export async function power(
  action: keyof typeof words,
  { cluster, machine }: MachineOf,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<void> {
  const engine = await engineOf(cluster.id, signal);
  const console = consoleLog(cluster.id, machine);
  const { bridge, namespacePrefix } = clusterNames(cluster.id);
  const values = {
    container: containerName(cluster.id, machine),
    folder: dirname(console),
    node: machine,
    host: hostNumber(machine),
    own_network: engine.network === 'ours',
    bridge,
    namespace_prefix: namespacePrefix,
    console: engine.kind === 'docker' ? console : undefined,
    ...engineValues(engine),
  };
  await runScript([], shellFile(import.meta.dirname, 'power.sh', values, [action]), {
    signal,
    failure: { message: `the machine could not be ${words[action]}`, node: machine },
    explain: explainEngine,
  });
}
