import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { TransferOptions } from '../remotes/remote.ts';
import { notWritten } from '../remotes/transfer/not-written.ts';
import type { Agent } from './agent.ts';

/** What came is counted: a connection that breaks looks like the end of the file. */
const receive = `
new="$1.shakedown-new"
trap 'rm -f -- "$new"' EXIT
cat > "$new" && [ "$(wc -c < "$new")" -eq "$2" ] && chmod -- "$3" "$new" && mv -fT -- "$new" "$1"`;

/** One file to a path on the node, where it comes into being whole or not at all; see Agent.uploadFile. */
export async function sendFile(
  agent: Pick<Agent, 'exec'>,
  file: string,
  target: string,
  options: TransferOptions,
): Promise<void> {
  const { mode, size } = await stat(file);
  const stdin = createReadStream(file, { highWaterMark: 256 * 1024 });
  const words = ['sh', '-c', receive, 'sh', target, String(size), (mode & 0o7777).toString(8)];
  const { exitCode, stderr } = await agent.exec(words, { ...options, stdin });
  if (exitCode === 0) return;
  const lastLines = stderr.trim().split('\n').slice(-5);
  throw await notWritten(agent, target, {
    message: `${file} could not be sent to ${target}`,
    exitCode,
    lastLines,
  });
}
