import type { RunContext } from '../../context.ts';
import { hostKeyPair, machineId } from '../host/identity.ts';
import { bytes, settingsOfMachine } from '../machine-options.ts';
import type { MachineSpec, MachinesSpec } from '../provider.ts';
import { type Accelerator, settleAccelerator } from './accelerator.ts';
import { type BaseImage, ensureBaseImage, ensureDisk } from './base-image.ts';
import type { Hardware, MachinePlan } from './machine-plan.ts';
import type { QemuSettings } from './qemu-options.ts';
import { memoryOf } from './room.ts';
import { ensureShares, type SharesDisk } from './shares.ts';
import { ensureTemplate } from './template.ts';

export interface PlannedMachines {
  readonly machines: readonly MachinePlan[];
  /** The folders of images and templates that they lie over. */
  readonly images: readonly string[];
  readonly shares: SharesDisk;
}

/** What is to be made, with all that it lies over: images, disks and templates are built where they are missing. */
export async function planMachines(
  spec: MachinesSpec,
  settings: QemuSettings,
  ctx: RunContext,
): Promise<PlannedMachines> {
  const systems = [...new Set(spec.machines.map(({ id }) => settingsOfMachine(settings, id).os))];
  const built = new Map<string, BaseImage>();
  for (const os of systems) {
    built.set(os, await ensureBaseImage({ ...settings, os }, spec.rebuild === true, ctx));
  }
  const [first] = built.values();
  const accelerator = first ? await settleAccelerator(settings.accelerator, first, ctx) : 'tcg';
  const shares = await ensureShares(spec.shares, ctx);
  const images = new Set<string>([
    shares.directory,
    ...[...built.values()].map(({ directory }) => directory),
  ]);
  const machines: MachinePlan[] = [];
  for (const machine of spec.machines) {
    const image = built.get(settingsOfMachine(settings, machine.id).os) ?? first;
    if (!image) continue;
    const plan = await planMachine(machine, { image, accelerator, sharesSize: shares.size }, settings, ctx);
    if (plan.memoryFile !== undefined) images.add(plan.memoryFile.replace(/\/[^/]*$/, ''));
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
  const { cpus = 1, disk = settings.disk } = settingsOfMachine(settings, machine.id);
  const { cpuModel, kernelOptions, start } = settings;
  const hardware: Hardware = {
    accelerator,
    memory: memoryOf(settings, machine.id),
    cpus,
    ...(cpuModel === undefined ? {} : { cpuModel }),
  };
  const boot = { ...image, kernelOptions };
  const base = await ensureDisk(image, bytes(disk), ctx);
  const template =
    start === 'warm'
      ? await ensureTemplate({ os: image.os, hardware, boot, disk: base, sharesSize }, ctx)
      : undefined;
  return {
    id: machine.id,
    name: machine.name,
    hardware,
    boot,
    backing: template?.disk ?? base,
    ...(template ? { memoryFile: template.memory } : {}),
    machineId: machineId(),
    ...hostKeyPair(),
  };
}
