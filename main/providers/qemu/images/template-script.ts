import { shellFile } from '../../host/shell-file.ts';
import { type Identity, identityScript } from '../guest/identity-script.ts';
import { machineArguments } from '../machines/machine-arguments.ts';
import { discardValues } from './discard-values.ts';
import type { TemplatePlan } from './template-plan.ts';

/** What a template may take to boot, in seconds, before it is given up: emulated, on a busy host. */
const patience = 300;

/**
 * The script that boots a machine, saves it while it runs, with its disk, and ends it (QMP's
 * `migrate`). The machine ends with the script, however that ends. What is saved waits for its next
 * command on its second serial port, without a network.
 */
export function saveTemplateScript(
  plan: Omit<TemplatePlan, 'os'>,
  directory: string,
  about: string,
  who?: Pick<Identity, 'name' | 'machineId' | 'hostKey' | 'publicHostKey'>,
): string {
  const words = machineArguments({
    name: 'sq-template',
    hardware: plan.hardware,
    boot: { ...plan.boot, initrd: 'initrd' },
    disk: 'disk.qcow2',
    extraDisk: 'shares.raw',
    network: { kind: 'none' },
    mac: '52:54:00:00:00:01',
    console: 'file,path=console.log',
    port: 'pipe,path=port',
    monitor: 'stdio',
  });
  const identity = who ? identityScript({ ...who, user: 'root', publicKey: '' }) : ':';
  return shellFile(import.meta.dirname, 'save-template.sh', {
    ...discardValues(),
    home: directory,
    disk: plan.disk,
    shares_bytes: plan.sharesSize,
    about,
    identity,
    initrd: plan.boot.initrd,
    busybox: plan.boot.busybox,
    qemu: ['qemu-system-x86_64', ...words],
    patience,
  });
}
