import { dirname, join } from 'node:path';
import { asShakedownError, describeFailure } from '../../../../common/errors.ts';
import { present } from '../../../../common/present.ts';
import type { RunContext } from '../../../context/run-context.ts';
import { hostKeyPair, machineId } from '../../host/identity.ts';
import { bytes, settingsOfMachine } from '../../machine-options.ts';
import type { MachineSpec, MachinesSpec } from '../../provider.ts';
import { type Accelerator, settleAccelerator } from '../accelerator.ts';
import { type BaseImage, ensureBaseImage, ensureDisk } from '../images/base-image.ts';
import { cloudImage } from '../images/cloud-image.ts';
import { ensureShares, type SharesDisk } from '../images/shares.ts';
import { ensureTemplate, type Template } from '../images/template.ts';
import type { TemplatePlan } from '../images/template-plan.ts';
import { layerBuild } from '../layers/layers.ts';
import type { QemuSettings } from '../qemu-options.ts';
import { memoryOf } from '../room.ts';
import type { Hardware, MachinePlan } from './machine-plan.ts';

export interface PlannedMachines {
  readonly machines: readonly MachinePlan[];
  /** The folders of images and templates that they lie over. */
  readonly images: readonly string[];
  readonly shares: SharesDisk;
}

/**
 * What is to be made, with all that it lies over: images, disks and
 * templates are built where they are missing.
 */
export async function planMachines(
  spec: MachinesSpec,
  settings: QemuSettings,
  ctx: RunContext,
): Promise<PlannedMachines> {
  if (settings.image !== undefined) return planOverCloudImage(spec, settings, settings.image, ctx);
  const systems = [...new Set(spec.machines.map(({ id }) => settingsOfMachine(settings, id).os))];
  const built = new Map<string, BaseImage>();
  for (const os of systems) {
    built.set(os, await ensureBaseImage({ ...settings, os }, spec.rebuild === true, ctx));
  }
  const [first] = built.values();
  if (!first) return { machines: [], images: [], shares: await ensureShares([], ctx) };
  const accelerator = await settleAccelerator(settings.accelerator, async () => first, ctx);
  const shares = await ensureShares(spec.shares, ctx);
  const images = new Set<string>([
    shares.directory,
    ...[...built.values()].map(({ directory }) => directory),
  ]);
  const machines: MachinePlan[] = [];
  for (const machine of spec.machines) {
    const image = built.get(settingsOfMachine(settings, machine.id).os) ?? first;
    const plan = await planMachine(machine, { image, accelerator, sharesSize: shares.size }, settings, ctx);
    // A clone lies over its template, and a machine that starts from a layer over that.
    for (const file of [plan.memoryFile, plan.layerDisk]) if (file !== undefined) images.add(dirname(file));
    machines.push(plan);
  }
  return { machines, images: [...images], shares };
}

async function planMachine(
  machine: MachineSpec,
  over: { readonly image: BaseImage; readonly accelerator: Accelerator; readonly sharesSize: number },
  settings: QemuSettings,
  ctx: RunContext,
): Promise<MachinePlan> {
  const { image, accelerator, sharesSize } = over;
  const { disk = settings.disk } = settingsOfMachine(settings, machine.id);
  const { kernelOptions, start } = settings;
  const hardware = hardwareOf(machine, accelerator, settings);
  const boot = { ...image, kernelOptions };
  const layerDisk = machine.layer && join(await layerBuild(machine.layer, ctx.cacheDir), 'disk.qcow2');
  const base = layerDisk ?? (await ensureDisk(image, bytes(disk), ctx));
  const like = { os: image.os, hardware, boot, disk: base, sharesSize };
  const template = start === 'warm' ? await templateOrNone(like, ctx) : undefined;
  return {
    id: machine.id,
    name: machine.name,
    hardware,
    boot,
    backing: template?.disk ?? base,
    backingFormat: 'qcow2',
    ...present({ memoryFile: template?.memory, layerDisk }),
    machineId: machineId(),
    ...hostKeyPair(),
  };
}

/** Without a template machines boot by themselves, which may well work where that was too slow. */
async function templateOrNone(plan: TemplatePlan, ctx: RunContext): Promise<Template | undefined> {
  try {
    return await ensureTemplate(plan, ctx);
  } catch (error) {
    ctx.signal.throwIfAborted();
    ctx.log(`${describeFailure(asShakedownError(error).details)}\nthe machine boots by itself`);
    return undefined;
  }
}

/** Machines of an image of the user's boot by themselves, and see nothing of this host. */
async function planOverCloudImage(
  spec: MachinesSpec,
  settings: QemuSettings,
  name: string,
  ctx: RunContext,
): Promise<PlannedMachines> {
  const image = await cloudImage(name, ctx);
  const forTrial = () => ensureBaseImage({ ...settings, packages: [] }, false, ctx);
  const accelerator = await settleAccelerator(settings.accelerator, forTrial, ctx);
  const machines = spec.machines.map((machine) => ({
    id: machine.id,
    name: machine.name,
    hardware: hardwareOf(machine, accelerator, settings),
    backing: image.file,
    backingFormat: image.format,
    diskSize: image.size + bytes(settingsOfMachine(settings, machine.id).disk ?? settings.disk),
    machineId: machineId(),
    ...hostKeyPair(),
  }));
  const images = image.cached === undefined ? [] : [image.cached];
  return { machines, images, shares: await ensureShares([], ctx) };
}

function hardwareOf(machine: MachineSpec, accelerator: Accelerator, settings: QemuSettings): Hardware {
  const { cpus = 1 } = settingsOfMachine(settings, machine.id);
  const { cpuModel } = settings;
  const model = present({ cpuModel });
  return { accelerator, memory: memoryOf(settings, machine.id), cpus, ...model };
}
