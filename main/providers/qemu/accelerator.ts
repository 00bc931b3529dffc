import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import { rootCanBeHad, runAsOwnRoot } from '../host/own-root.ts';
import { shellFile } from '../host/shell-file.ts';
import { trialWord } from './guest/guest-files.ts';
import type { BaseImage } from './images/base-image.ts';

/** How machines run: by the processor itself, or emulated, some ten times slower. */
export type Accelerator = 'kvm' | 'tcg';

/** What a trial boot under KVM showed. */
export interface KvmAnswer {
  readonly works: boolean;
  /** QEMU's own words, where it does not. */
  readonly reason: string;
}

/**
 * Seconds in which a kernel under KVM, which needs one or two, has said its
 * word; where KVM hangs it never does.
 */
const patience = { withVirtualization: 20, without: 8 };

const answerFile = (cacheDir: string): string => join(cacheDir, 'qemu', 'kvm.json');

/**
 * What the answer depends on, and all that was saved of a running machine:
 * kernel, processor, QEMU; as a digest.
 */
export async function situation(): Promise<string> {
  const [cpus, qemu] = await Promise.all([
    readFile('/proc/cpuinfo', 'utf8').catch(() => ''),
    execa('qemu-system-x86_64', ['--version'], { reject: false }),
  ]);
  const cpu = /^(vendor_id|model name|flags|stepping|microcode)\s*:.*$/gm;
  const facts = [release(), qemu.stdout ?? '', ...new Set(cpus.match(cpu) ?? [])];
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
}

/**
 * What an earlier trial on this kernel and processor with this QEMU showed; undefined when there was none.
 */
export async function rememberedAnswer(cacheDir: string): Promise<KvmAnswer | undefined> {
  const [text, key] = await Promise.all([
    readFile(answerFile(cacheDir), 'utf8').catch(() => '{}'),
    situation(),
  ]);
  const { [key]: answer }: Record<string, KvmAnswer | undefined> = JSON.parse(text);
  return answer;
}

/**
 * KVM or emulation, by what the user wants and what works. KVM that can be opened need not work (nested, or
 * in some clouds, the machine hangs after its boot loader), so it is tried once with a real boot of `image`,
 * and the answer is kept. Throws ShakedownError when KVM is wanted and does not work.
 */
export async function settleAccelerator(
  wanted: 'auto' | Accelerator,
  image: () => Promise<BaseImage>,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit' | 'log'>,
  device = '/dev/kvm',
): Promise<Accelerator> {
  if (wanted === 'tcg') return 'tcg';
  const reason = await whyNoKvm(device);
  const answer =
    reason === undefined
      ? ((await rememberedAnswer(ctx.cacheDir)) ?? (await ask(image, ctx)))
      : { works: false, reason };
  if (answer.works) return 'kvm';
  if (wanted === 'auto') return 'tcg';
  throw new ShakedownError({
    message: `KVM does not work on this main host: ${answer.reason}`,
    phase: 'machines',
    hint: "leave out accelerator: 'kvm'; the machines are then emulated",
  });
}

/**
 * Why KVM cannot even be tried; undefined when it can. Asked each time: a module may be loaded the next
 * minute, and a user become a member of the group.
 */
export async function whyNoKvm(device = '/dev/kvm'): Promise<string | undefined> {
  const may = (mode: number): Promise<boolean> =>
    access(device, mode).then(
      () => true,
      () => false,
    );
  if (!(await may(constants.F_OK))) return `there is no ${device}`;
  if (rootCanBeHad() || (await may(constants.R_OK | constants.W_OK))) return undefined;
  return `this user may not use ${device} (sudo usermod -aG kvm "$USER", where it belongs to that group)`;
}

async function ask(
  image: () => Promise<BaseImage>,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit' | 'log'>,
): Promise<KvmAnswer> {
  const answer = await tryKvm(await image(), ctx.signal);
  const key = await situation();
  await mkdir(join(ctx.cacheDir, 'qemu'), { recursive: true });
  await writeFile(answerFile(ctx.cacheDir), JSON.stringify({ [key]: answer }));
  const means = answer.works ? 'KVM works here' : `KVM does not work here (${answer.reason}): emulated`;
  ctx.emit({ type: 'note', phase: 'machines', message: `a trial boot showed: ${means}` });
  return answer;
}

async function tryKvm(image: BaseImage, signal: AbortSignal): Promise<KvmAnswer> {
  const cpus = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const seconds = /^flags.*\b(vmx|svm)\b/m.test(cpus) ? patience.withVirtualization : patience.without;
  const { kernel, initrd } = image;
  const script = shellFile(import.meta.dirname, 'try-kvm.sh', { kernel, initrd, seconds });
  const failure = { message: 'could not try KVM' };
  const printed = await runAsOwnRoot(script, { signal, failure });
  if (printed.includes(trialWord)) return { works: true, reason: '' };
  const word = /^qemu-system-x86_64: (?!terminating)(.*)$/m.exec(printed)?.[1];
  return { works: false, reason: word ?? `the machine said nothing for ${seconds} s` };
}
