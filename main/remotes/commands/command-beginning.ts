import { PassThrough, type Readable } from 'node:stream';
import type { ShakedownError } from '../../../common/errors.ts';
import type { CommandChannel } from './command-channel.ts';
import { takeGreeting } from './greeting.ts';
import { notBegun } from './not-begun.ts';
import { beginning } from './plain-line.ts';

export interface CommandBeginning {
  /**
   * Resolve when the stream's next byte is the command's own, or it has ended. They
   * reject for a greeting without end.
   */
  readonly stdout: Promise<unknown>;
  readonly stderr: Promise<unknown>;
  /** Why the command did not begin; undefined where it did. To be asked when it has ended. */
  whyNot(): Promise<ShakedownError | undefined>;
}

/** Takes from a command's streams what comes before it begins. `bySudo`: whether sudo starts it. */
export function commandBeginning(
  { channel, ended }: CommandChannel,
  { id, user, bySudo }: { readonly id: string; readonly user: string; readonly bySudo: boolean },
): CommandBeginning {
  const stdout = takeGreeting(channel, beginning.stdout(id));
  const stderr = takeGreeting(channel.stderr as unknown as Readable, beginning.stderr(id));
  // Whoever waits for one of them may have left by the time that the other fails.
  for (const each of [stdout, stderr]) each.catch(() => undefined);
  const whyNot = async () => {
    const [out, err, { exitCode }] = await Promise.all([stdout, stderr, ended]);
    if (out.begun) return undefined;
    return notBegun({ user, exitCode, said: err.said.trim() || out.said, bySudo });
  };
  return { stdout, stderr, whyNot };
}

/**
 * Waits until a command has begun, and gives its stderr from there on. Throws
 * ShakedownError where it does not begin.
 */
export async function begun(opened: CommandChannel, begins: CommandBeginning): Promise<Readable> {
  const { channel, ended } = opened;
  const stderrWithoutEnd = new Promise<never>((_resolve, reject) => begins.stderr.catch(reject));
  await Promise.race([begins.stdout, ended, stderrWithoutEnd]);
  if (channel.readableEnded || channel.destroyed) {
    const refusal = await begins.whyNot();
    if (refusal) throw refusal;
  }
  const stderr = new PassThrough();
  begins.stderr.then(
    () => channel.stderr.pipe(stderr),
    (error) => stderr.destroy(error),
  );
  return stderr;
}
