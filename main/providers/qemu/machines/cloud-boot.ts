import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../../common/errors.ts';
import { sideBySide } from '../../../../common/side-by-side.ts';
import type { RunContext } from '../../../context/run-context.ts';
import { greets } from '../../../remotes/commands/greets.ts';
import type { Machine } from '../../provider.ts';
import type { Accelerator } from '../accelerator.ts';
import { machineNames } from '../names.ts';
import { openMonitor } from '../power/monitor.ts';
import { consoleLines, stoppedBoot, upWithoutCloudInit } from './boot-end.ts';

/**
 * Seconds that a system of somebody else's may take to its first ssh;
 * emulated, cloud-init alone takes a minute.
 */
const patience: Readonly<Record<Accelerator, number>> = { kvm: 180, tcg: 500 };

/** Seconds that a system without a word of cloud-init gets after it offered a login. */
const grace = 10;

/**
 * Waits until the ssh servers of machines of a cloud image answer, which cloud-init starts once they are who
 * they shall be. Throws ShakedownError with the last lines of the console: when a machine's boot stops, when
 * it comes up without cloud-init, when it goes off, and when its time is over.
 */
export async function awaitCloudBoot(
  cluster: { readonly id: string; readonly machines: readonly Machine[] },
  { image, accelerator }: { readonly image: string; readonly accelerator: Accelerator },
  ctx: Pick<RunContext, 'signal' | 'emit'>,
): Promise<void> {
  const emulated = accelerator === 'tcg' ? ', emulated: that takes a minute or two' : '';
  ctx.emit({ type: 'note', phase: 'machines', message: `booting ${image}${emulated}` });
  const seconds = patience[accelerator];
  await sideBySide(cluster.machines, cluster.machines.length, ctx.signal, (machine, signal) =>
    answers(machine, cluster.id, { seconds, image, signal }),
  );
}

async function answers(
  machine: Machine,
  cluster: string,
  { seconds, image, signal }: { seconds: number; image: string; signal: AbortSignal },
): Promise<void> {
  const names = machineNames(cluster, machine.id);
  const read = () => readFile(names.console, 'utf8').catch(() => '');
  const fail = async (why: string, hint: string): Promise<never> => {
    const lastLines = consoleLines(await read()).slice(-8);
    const message = `no machine came up from the image ${image}: ${why}`;
    throw new ShakedownError({ message, node: machine.id, phase: 'machines', lastLines, hint });
  };
  using monitor = await openMonitor(names.monitor, 5000, signal);
  let off = false;
  monitor.closed.then(() => {
    off = true;
  });
  const started = performance.now();
  let loginSince = Number.POSITIVE_INFINITY;
  for (;;) {
    if (await greets(machine.ssh.host, machine.ssh.port, signal)) return;
    const now = (performance.now() - started) / 1000;
    const text = await read();
    const stopped = off ? 'it went off' : stoppedBoot(text);
    if (stopped !== undefined) return fail(stopped, bootHint);
    if (upWithoutCloudInit(text)) loginSince = Math.min(loginSince, now);
    if (now > loginSince + grace) return fail('it is up, but no cloud-init ran in it', cloudInitHint);
    if (now > seconds) return fail(`it did not answer within ${seconds} s`, cloudInitHint);
    await sleep(500, undefined, { signal });
  }
}

const bootHint = 'name an image of a whole disk that boots by BIOS on x86-64, with virtio';
const cloudInitHint =
  "name an image with cloud-init and sshd: of Debian's 'generic' or 'genericcloud', not 'nocloud'";
