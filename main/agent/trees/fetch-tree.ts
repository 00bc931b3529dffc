import { mkdir, mkdtemp, realpath, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { noRoom } from '../../../common/no-room.ts';
import { isDiskFull } from '../../../common/system-errors.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { Downloaded, DownloadOptions } from '../../remotes/remote.ts';
import { removeLanding } from '../../remotes/transfer/landing.ts';
import { mergeTree } from '../../remotes/transfer/merge-tree.ts';
import type { RpcConnection } from '../rpc-connection.ts';
import { type LandedTree, landPacked } from './land-packed.ts';

export interface Fetched extends Downloaded {
  /** Absolute paths on the node of files with large holes, which did not come. */
  readonly sparse: readonly string[];
}

/**
 * Paths of the node below `base` into `directory`, packed by the agent itself; see Agent.download. What came
 * before a throw stays.
 */
export async function fetchTree(
  connection: RpcConnection,
  paths: readonly string[],
  directory: string,
  options: DownloadOptions,
): Promise<Fetched> {
  await mkdir(directory, { recursive: true });
  // Where it is a link, what it leads to: that may be on another disk.
  const place = await realpath(directory);
  // A folder of its own beside it, where nothing lies that a node has sent earlier.
  const arrival = await mkdtemp(join(dirname(place), '.arriving-'));
  const landing = join(arrival, 'tree');
  try {
    await mkdir(landing);
    try {
      return await receive(connection, paths, landing, options);
    } finally {
      await moveInto(landing, place);
    }
  } catch (error) {
    throw isDiskFull(error) ? noRoom(directory, {}, { cause: error }) : error;
  } finally {
    await removeLanding(arrival, landing);
  }
}

async function receive(
  connection: RpcConnection,
  paths: readonly string[],
  landing: string,
  { base = '/', maxBytes = Infinity, maxFiles = 500_000, onProgress, signal, timeout }: DownloadOptions,
): Promise<Fetched> {
  const stream = (await connection.open()).read();
  let [bytes, full] = [0, false];
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      full = bytes > maxBytes;
      if (full) throw new ShakedownError({ message: `more than ${maxBytes} bytes` });
      onProgress?.(bytes);
      yield chunk;
    }
  };
  try {
    return await withTimeLimit({ what: 'fetching files', seconds: timeout, signal }, async (stop) => {
      const asked = connection.call('pack', { base, paths, to: stream.id }, { signal: stop });
      asked.catch(() => undefined);
      const landed = await landPacked(counted(), landing, { maxFiles }).catch(
        (error: unknown): LandedTree => {
          if (full) return { files: 0, problems: [], cut: true };
          throw error;
        },
      );
      const tooMuch = full ? `${maxBytes} bytes` : `${maxFiles} files`;
      if (landed.cut) {
        stream.destroy();
        await asked.catch(() => undefined);
        const problems = [`more than ${tooMuch}: the rest was left out`, ...landed.problems];
        return { files: landed.files, bytes, problems, sparse: [] };
      }
      const { problems, sparse } = await asked;
      return { files: landed.files, bytes, problems: [...problems, ...landed.problems], sparse };
    });
  } finally {
    stream.destroy();
  }
}

/** At once where nothing is there yet; links that came earlier are replaced, and not followed. */
async function moveInto(landing: string, directory: string): Promise<void> {
  try {
    await rename(landing, directory);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await mergeTree(Buffer.from(landing), Buffer.from(directory), { replace: true });
  }
}
