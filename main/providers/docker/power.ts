import { dirname } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context.ts';
import type { MachineOf } from '../capabilities.ts';
import { quote, runScript } from '../host/root-script.ts';
import { followScript } from './create-script.ts';
import { type Engine, engineFunction, runEngine } from './engine.ts';
import { explainEngine } from './explain-engine.ts';
import { enginesInUse } from './find-engines.ts';
import { readState } from './list-clusters.ts';
import { clusterLabel, clusterNames, consoleLog, containerName } from './names.ts';

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

const commands = {
  /** Its stop signal first, as a shutdown; after 20 s it is cut off. */
  reboot: 'engine restart -t 20 $container',
  powerOff: 'engine kill -s KILL $container && engine wait $container',
  powerOn: 'engine start $container',
} as const;

/** Restarts, cuts off or starts one machine. Throws ShakedownError with the engine's words. */
export async function power(
  action: keyof typeof commands,
  { cluster, machine }: MachineOf,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<void> {
  const engine = await engineOf(cluster.id, signal);
  const container = containerName(cluster.id, machine);
  const follow =
    engine.kind === 'docker' && action !== 'powerOff'
      ? followScript(container, consoleLog(cluster.id, machine))
      : '';
  // Namespaces of ours outlive their containers, and would go on answering pings.
  const link = engine.network === 'engine' ? undefined : `${clusterNames(cluster.id).bridge}v${machine}`;
  const plug = (to: 'up' | 'down') => (link === undefined ? '' : `ip link set ${link} ${to}`);
  const script = `${engineFunction(engine)}
container=${container}
cd ${quote(dirname(consoleLog(cluster.id, machine)))} 2>/dev/null || :
${action === 'powerOn' ? plug('up') : ''}
{ ${commands[action]}; } >/dev/null
${action === 'powerOff' ? plug('down') : ''}
${follow}`;
  const words = { reboot: 'rebooted', powerOff: 'switched off', powerOn: 'switched on' };
  await runScript([], script, {
    signal,
    failure: { message: `the machine could not be ${words[action]}`, node: machine },
    explain: explainEngine,
  });
}
