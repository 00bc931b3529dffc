import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { keepsToBounds, type PackageBounds } from './bounds.ts';

/** A file in a package. */
export interface PackedFile {
  /** Relative, without a leading `.//`. */
  readonly path: string;
  readonly isExecutable: boolean;
  /** What is in it, where that was asked for. */
  readonly text?: string;
}

/** Bytes of a file whose text is asked for. */
const largestText = 1024 * 1024;

/**
 * The plain files of a package, without unpacking it; with their text where `wanted` says so and there is not
 * more than a megabyte of it. Throws as `unpack` does.
 */
export async function readPackage(
  file: string,
  wanted: (path: string) => boolean,
  bounds?: PackageBounds,
): Promise<readonly PackedFile[]> {
  const files: PackedFile[] = [];
  const onReadEntry = (entry: ReadEntry): void => {
    const path = entry.path.replace(/^(\.\/+)+/, '');
    const isExecutable = ((entry.mode ?? 0) & 0o111) !== 0;
    if (!/File$/.test(entry.type)) entry.resume();
    else if (!wanted(path) || entry.size > largestText) {
      files.push({ path, isExecutable });
      entry.resume();
    } else {
      const pieces: Buffer[] = [];
      entry.on('data', (piece) => pieces.push(piece));
      entry.on('end', () => files.push({ path, isExecutable, text: Buffer.concat(pieces).toString() }));
    }
  };
  const filter = keepsToBounds((wrong) => parser.abort(wrong), bounds);
  const parser = new Parser({ strict: true, filter, onReadEntry });
  await pipeline(createReadStream(file), parser as unknown as NodeJS.WritableStream);
  return files;
}
