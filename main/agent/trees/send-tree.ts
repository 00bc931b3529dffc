import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ShakedownError } from '../../../common/errors.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import { contentOf } from '../../../common/trees/file-content.ts';
import { packTree } from '../../../common/trees/pack-tree.ts';
import { type PackedEntry, packedPath } from '../../../common/trees/tree-entry.ts';
import type { TransferOptions } from '../../remotes/remote.ts';
import { notWritten } from '../../remotes/transfer/not-written.ts';
import type { Agent } from '../agent.ts';
import type { RpcConnection } from '../rpc-connection.ts';

/**
 * Entries to `directory` on the node, folders before what is in them, where the agent writes them itself; see
 * Agent.sendTree. `agent` is asked why, where they cannot be written.
 */
export async function sendTree(
  connection: RpcConnection,
  agent: Pick<Agent, 'exec'>,
  entries: Iterable<PackedEntry> | AsyncIterable<PackedEntry>,
  directory: string,
  { signal, timeout, onProgress }: TransferOptions,
): Promise<void> {
  const stream = (await connection.open()).write();
  let bytes = 0;
  const counted = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      yield chunk;
      bytes += chunk.length;
      onProgress?.(bytes);
    }
  };
  try {
    await withTimeLimit({ what: `sending files to ${directory}`, seconds: timeout, signal }, async (stop) => {
      let ours: unknown;
      const sending = pipeline(Readable.from(packTree(entries)), counted, stream).catch((error: unknown) => {
        // Where the agent wants no more, its own answer says why.
        const { code = '' } = error as NodeJS.ErrnoException;
        if (!['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes(code)) ours = error;
        stream.destroy();
      });
      const answer = connection.call('unpack', { directory, from: stream.id }, { signal: stop });
      answer.catch(() => stream.destroy());
      const [unpacked] = await Promise.allSettled([answer, sending]);
      if (ours !== undefined) throw ours;
      if (unpacked.status === 'rejected') throw unpacked.reason;
    });
  } catch (error) {
    if (!(error instanceof ShakedownError) || !error.message.includes('cannot write ')) throw error;
    const { lastLines = [] } = error.details;
    const message = `files could not be written to ${directory}`;
    throw await notWritten(agent, directory, {
      ...error.details,
      message,
      lastLines: [error.details.message, ...lastLines],
    });
  } finally {
    stream.destroy();
  }
}

/**
 * What lies in a folder: all of it, or the named entries of it, and of those that are folders no more than
 * that. Throws what the file system says of an entry that is not there.
 */
export async function* entriesIn(
  directory: string,
  entries?: readonly string[],
): AsyncGenerator<PackedEntry, void, undefined> {
  const waiting = [...(entries ?? (await readdir(directory)))].reverse();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = join(directory, path);
    const stats = await lstat(file);
    const header = { path: packedPath(path) };
    const how = { mode: stats.mode & 0o7777, mtimeMs: stats.mtimeMs };
    if (stats.isDirectory()) {
      yield { header: { ...header, kind: 'folder', ...how } };
      if (entries === undefined)
        for (const name of (await readdir(file)).reverse()) waiting.push(`${path}/${name}`);
    } else if (stats.isSymbolicLink()) {
      const target = packedPath(await readlink(file, { encoding: 'buffer' }));
      yield { header: { ...header, kind: 'link', target } };
    } else if (stats.isFile()) {
      yield {
        header: { ...header, kind: 'file', ...how, size: stats.size },
        content: contentOf(file, stats.size),
      };
    }
  }
}
