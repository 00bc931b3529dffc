import type { PhaseName } from '../../common/results.ts';
import type { Connector } from '../cluster/connector.ts';
import type { Remote } from '../remotes/remote.ts';
import type { OpenRun } from '../run/open-run.ts';
import { fillPlace } from './fill-place.ts';
import { type Gotten, getFiles } from './get-files.ts';
import { whyLost } from './machine-loss.ts';
import type { MachineTask, MachineTurn } from './machine-task.ts';
import { makePlace, type Place } from './place.ts';
import { type ScriptEnd, watchScript } from './watch-script.ts';

export interface MachineEnd extends ScriptEnd, Gotten {
  readonly durations: MachineDurations;
}

/** ms */
export type MachineDurations = Readonly<Record<'connect' | 'send' | 'run' | 'get', number>>;

/**
 * Connects, sends, runs, and brings back. Throws ShakedownError when the machine cannot be reached or goes
 * away, and the signal's reason when the script was interrupted; files are brought back before that.
 */
export async function runOnMachine(
  turn: MachineTurn,
  task: MachineTask,
  open: OpenRun,
  connector: Pick<Connector, 'connect'>,
): Promise<MachineEnd> {
  const { machine, base } = turn;
  const { signal } = open.work;
  const { root, connectWithin } = task;
  const durations = { connect: 0, send: 0, run: 0, get: 0 };
  const step = async <T>(name: keyof MachineDurations, action: () => Promise<T>): Promise<T> => {
    const before = performance.now();
    try {
      return await open.recorder.step(phaseOf[name], action, machine);
    } finally {
      durations[name] = Math.round(performance.now() - before);
    }
  };
  await using remote = await step('connect', () =>
    connector.connect(machine.ssh, { signal, timeout: connectWithin }),
  );
  let place: Place | undefined;
  try {
    const launcher = await step('send', async () => {
      place = await makePlace(remote, { base, root, user: machine.ssh.user });
      return { place, path: await fillPlace(remote, place, task.parcel, { root, signal }) };
    });
    const ended = await step('run', () => watchScript({ remote, ...launcher, turn, task, signal }));
    const gotten = await step('get', () => bringBack(remote, launcher.place, turn, task, open));
    signal.throwIfAborted();
    if (task.stays(ended.exitCode)) launcher.place.keep();
    return { ...ended, ...gotten, problems: [...ended.problems, ...gotten.problems], durations };
  } catch (error) {
    if (task.stays(1) && !signal.aborted) place?.keep();
    if (!remote.lost.aborted || signal.aborted || !place) throw error;
    const known = { bootId: place.bootId, connector, signal };
    throw (await whyLost(remote.lost.reason, machine.ssh, known)).with({
      node: machine.id,
      address: machine.address,
    });
  } finally {
    await place?.[Symbol.asyncDispose]();
  }
}

/** What the steps are called among those of all runs. */
const phaseOf: Readonly<Record<keyof MachineDurations, PhaseName>> = {
  connect: 'connect',
  send: 'ship',
  run: 'check',
  get: 'collect',
};

/** Also after an interrupt, but not after a second one. */
async function bringBack(
  remote: Remote,
  { work }: Place,
  { out }: MachineTurn,
  { get, root }: MachineTask,
  { evidence }: OpenRun,
): Promise<Gotten> {
  if (get.length === 0) return { files: [], problems: [] };
  return getFiles(remote, { globs: get, work, out, root, signal: evidence.signal });
}
