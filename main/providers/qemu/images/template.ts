import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunContext } from '../../../context/run-context.ts';
import { hostKeyPair, machineId } from '../../host/identity.ts';
import { runAsOwnRoot } from '../../host/own-root.ts';
import { shellFile } from '../../host/shell-file.ts';
import { situation } from '../accelerator.ts';
import { explainStart } from '../explain-start.ts';
import { portProgram } from '../guest/guest-files.ts';
import type { TemplatePlan } from './template-plan.ts';
import { saveTemplateScript } from './template-script.ts';

/** A machine that was saved while it ran. Paths are absolute. */
export interface Template {
  readonly directory: string;
  readonly disk: string;
  readonly memory: string;
}

type Building = Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>;

export const templatesFolder = (cacheDir: string): string => join(cacheDir, 'qemu', 'templates');

/**
 * The running machine that all machines with that hardware and disk are clones of: booted and saved once,
 * which takes as long as one boot. Throws ShakedownError when it does not boot.
 */
export async function ensureTemplate(plan: TemplatePlan, ctx: Building): Promise<Template> {
  const { hardware } = plan;
  // Part of a core is a whole one to the machine.
  const like = { ...plan, hardware: { ...hardware, cpus: Math.ceil(hardware.cpus) } };
  const facts = [like, await situation(), saveTemplateScript(like, '', ''), portProgram];
  const digest = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
  const directory = join(templatesFolder(ctx.cacheDir), `${plan.os}-${digest}`);
  const template = { directory, disk: join(directory, 'disk.qcow2'), memory: join(directory, 'memory') };
  if (existsSync(directory)) return template;
  const megabytes = Math.ceil(hardware.memory / 1024 ** 2);
  ctx.emit({
    type: 'note',
    phase: 'machines',
    message: `booting a ${plan.os} machine of ${megabytes} MiB to clone from (once)`,
  });
  const identity = { ...hostKeyPair(), machineId: machineId(), name: 'template' };
  const script = saveTemplateScript(
    plan,
    directory,
    JSON.stringify({ plan, base: basename(plan.disk) }),
    identity,
  );
  await runAsOwnRoot(script, {
    signal: ctx.signal,
    failure: { message: 'could not save a running virtual machine to clone from', phase: 'machines' },
    explain: explainStart,
  });
  return template;
}

/** Forgets a template that no clone could be made of. */
export async function discardTemplate(directory: string, signal: AbortSignal): Promise<void> {
  const failure = { message: `could not remove ${directory}` };
  const script = shellFile(import.meta.dirname, 'remove-template.sh', {}, [directory]);
  await runAsOwnRoot(script, { signal, failure });
}
