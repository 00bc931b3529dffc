import type { PhaseName } from '../../../common/results.ts';
import type { Connector } from '../../cluster/connector.ts';
import { bootOf } from '../../remotes/next-boot.ts';
import type { Remote } from '../../remotes/remote.ts';
import type { OpenRun } from '../../run/open-run.ts';
import { type Gotten, getFiles } from './get-files.ts';
import { whyLost } from './machine-loss.ts';
import type { MachineTask, MachineTurn } from './machine-task.ts';
import { makeScriptFolder, type ScriptFolder } from './script-folder.ts';
import { sendScript } from './send-script.ts';
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
  const { machine, folder: name } = turn;
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
  let folder: ScriptFolder | undefined;
  let boot = '';
  try {
    const sent = await step('send', async () => {
      const options = { name, root, grouped: !task.stays(0) };
      const [made, now] = await Promise.all([makeScriptFolder(remote, options), bootOf(remote, signal)]);
      [folder, boot] = [made, now];
      return { folder: made, path: await sendScript(remote, made, task.parcel, { root, signal }) };
    });
    const ended = await step('run', () => watchScript({ remote, ...sent, turn, task, signal }));
    const gotten = await step('get', () => bringBack(remote, sent.folder, turn, task, open));
    signal.throwIfAborted();
    if (task.stays(ended.exitCode)) sent.folder.keep();
    return { ...ended, ...gotten, problems: [...ended.problems, ...gotten.problems], durations };
  } catch (error) {
    if (task.stays(1) && !signal.aborted) folder?.keep();
    if (!remote.lost.aborted || signal.aborted || !folder) throw error;
    const why = await whyLost(remote.lost.reason, machine.ssh, boot, connector, signal);
    throw why.with({ node: machine.id, address: machine.address });
  } finally {
    await folder?.[Symbol.asyncDispose]();
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
  { work }: ScriptFolder,
  { out }: MachineTurn,
  { get, root }: MachineTask,
  { evidence }: OpenRun,
): Promise<Gotten> {
  if (get.length === 0) return { files: [], problems: [] };
  return getFiles(remote, { globs: get, work, out, root, signal: evidence.signal });
}
