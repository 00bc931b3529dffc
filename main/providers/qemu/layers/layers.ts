import { readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunContext } from '../../../context/run-context.ts';
import type { LayerBase } from '../../capabilities.ts';
import { ensureBaseTree } from '../../debian/base-tree.ts';
import { rootCanBeHad, runAsOwnRoot } from '../../host/own-root.ts';
import { shellFile } from '../../host/shell-file.ts';
import { isLayer, layerIsGone } from '../../layers/layer-files.ts';
import { bytes, settingsOfMachine } from '../../machine-options.ts';
import type { MachineSpec } from '../../provider.ts';
import { ensureBaseImage } from '../images/base-image.ts';
import type { QemuSettings } from '../qemu-options.ts';

type Building = Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>;

export const layersFolder = (cacheDir: string): string => join(cacheDir, 'qemu', 'layers');

/** What lies in a layer's `about.json`. */
export interface LayerText {
  /** The disk that it lies over. */
  readonly over: string;
  readonly about: string;
  readonly description: string;
}

/**
 * What each machine would start from: an image with a disk of its size; none of an image of the user's
 * own, nor where nobody can be root to ask apt.
 */
export async function layerBases(
  machines: readonly MachineSpec[],
  settings: QemuSettings,
  rebuild: boolean,
  ctx: Building,
): Promise<readonly LayerBase[]> {
  if (settings.image !== undefined || !rootCanBeHad()) return [];
  const bases = new Map<string, LayerBase>();
  const all: LayerBase[] = [];
  for (const { id } of machines) {
    const { os, disk = settings.disk } = settingsOfMachine(settings, id);
    const base = bases.get(os) ?? (await imageBase({ ...settings, os }, rebuild, ctx));
    bases.set(os, base);
    all.push({ ...base, id: `${base.id}-disk-${bytes(disk)}` });
  }
  return all;
}

async function imageBase(settings: QemuSettings, rebuild: boolean, ctx: Building): Promise<LayerBase> {
  const { directory } = await ensureBaseImage(settings, rebuild, ctx);
  const tree = await realpath(await ensureBaseTree(settings, false, ctx, runAsOwnRoot));
  const status = join(directory, 'status');
  const values = { root: join(directory, 'root.raw'), status };
  await runAsOwnRoot(shellFile(import.meta.dirname, 'read-status.sh', values), {
    signal: ctx.signal,
    failure: { message: 'could not read which packages are in the image for virtual machines' },
  });
  return { id: basename(directory), tree, status };
}

/** The folder of a layer's newest build, absolute. Throws ShakedownError when it is not there any more. */
export async function layerBuild(key: string, cacheDir: string): Promise<string> {
  return realpath(join(layersFolder(cacheDir), key)).catch(() => {
    throw layerIsGone(key);
  });
}

/** The text that came with a layer, by its key or its id as an image; undefined where there is none. */
export const findLayer = async (id: string, cacheDir: string): Promise<string | undefined> =>
  (await readLayer(id, cacheDir))?.about;

/** All that is known about a layer. */
export async function readLayer(id: string, cacheDir: string): Promise<LayerText | undefined> {
  const name = id.replace(/^layers\//, '');
  if (!isLayer(name.replace(/\.\d+\.\d+$/, ''))) return undefined;
  try {
    return JSON.parse(await readFile(join(layersFolder(cacheDir), name, 'about.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
