import { execa } from 'execa';
import { withTimeLimit } from '../../../../common/time-limit.ts';
import type { RunContext } from '../../../context/run-context.ts';
import type { LayerLook, LayerSurvey, MachineOf, NewLayer } from '../../capabilities.ts';
import { mustBeClusterId } from '../../cluster-id.ts';
import { runAsOwnRoot } from '../../host/own-root.ts';
import { quote } from '../../host/root-script.ts';
import { type ShellValues, shellFile } from '../../host/shell-file.ts';
import {
  explainSave,
  keepLayersDays,
  readSurvey,
  saveFailure,
  trimValues,
} from '../../layers/layer-files.ts';
import { runInGuest } from '../guest/guest-port.ts';
import { discardValues } from '../images/discard-values.ts';
import { templatesFolder } from '../images/template.ts';
import { machineNames } from '../names.ts';
import { openMonitor } from '../power/monitor.ts';
import { type LayerText, layersFolder } from './layers.ts';

/** Seconds for a machine that is to be kept to go down. */
const patience = 120;

const namesOf = ({ cluster, machine }: MachineOf): ReturnType<typeof machineNames> => {
  mustBeClusterId('qemu', cluster.id);
  return machineNames(cluster.id, machine);
};

/** A program for the machine's bash, as one for the shell on its serial port. */
const inBash = (name: string, values: ShellValues): string =>
  `exec bash --norc -c ${quote(shellFile(import.meta.dirname, name, values))}`;

/** Looks through a machine that runs: its disk is in a format that the main host cannot mount. */
export async function surveyLayer(
  which: MachineOf,
  { known, names }: LayerLook,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<LayerSurvey> {
  const { port } = namesOf(which);
  return readSurvey(await runInGuest(port, inBash('survey-guest.sh', { known, names }), signal));
}

/** Shuts the machine down and keeps its disk. Throws ShakedownError. */
export async function saveLayer(
  which: MachineOf,
  layer: NewLayer,
  { signal, cacheDir }: Pick<RunContext, 'signal' | 'cacheDir'>,
): Promise<void> {
  const { disk } = namesOf(which);
  await shutDown(which, inBash('trim-guest.sh', trimValues(layer)), signal);
  const { key, about, description } = layer;
  const over = await lowestOf(disk);
  const text: LayerText = { over, about, description };
  const values = {
    ...discardValues(),
    ...{ disk, base: over, layers: layersFolder(cacheDir), key, about: JSON.stringify(text) },
    ...{ templates: templatesFolder(cacheDir), keep_days: keepLayersDays },
  };
  await runAsOwnRoot(shellFile(import.meta.dirname, 'keep-disk.sh', values), {
    signal,
    failure: saveFailure,
    explain: explainSave(cacheDir),
  });
}

/** Runs a program in a machine that ends with its shutdown; resolves when the machine has gone. */
async function shutDown(which: MachineOf, program: string, signal: AbortSignal): Promise<void> {
  const { monitor: path, port } = namesOf(which);
  using monitor = await openMonitor(path, 5000, signal);
  const limit = { what: 'the shutdown of the virtual machine', seconds: patience, signal };
  await withTimeLimit(limit, async (limited) => {
    const down = monitor.event('SHUTDOWN', limited);
    // Awaited below, also when the machine cannot be told.
    down.catch(() => undefined);
    const told = runInGuest(port, program, limited);
    // It may be down before it has answered.
    told.catch(() => undefined);
    await Promise.race([told, down]);
    await down;
    await monitor.closed;
  });
}

/** The disk that all others in a disk's chain lie over. */
async function lowestOf(disk: string): Promise<string> {
  const info = await execa('qemu-img', ['info', '--output=json', '--backing-chain', disk]);
  const chain: readonly { readonly filename: string }[] = JSON.parse(info.stdout);
  return chain.at(-1)?.filename ?? disk;
}
