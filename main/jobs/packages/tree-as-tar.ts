import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Header, Pack, ReadEntry } from 'tar';
import { type TreeEntry, tarTypes } from './file-tree.ts';

/**
 * What a tree is unpacked from; `content` says where what is in a file lies. Fails as the file system does.
 */
export function treeAsTar(entries: readonly TreeEntry[], content: (sha256: string) => string): Readable {
  const pack = new Pack({ portable: true });
  const add = async (): Promise<void> => {
    // A folder comes before what is in it.
    for (const entry of entries.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
      const file = entry.type === 'file' ? content(entry.sha256) : undefined;
      const member = new ReadEntry(headerOf(entry, file === undefined ? 0 : statSync(file).size));
      pack.add(member);
      if (file === undefined) member.end();
      else await pipeline(createReadStream(file), member as unknown as NodeJS.WritableStream);
    }
    pack.end();
  };
  const tar = Readable.from(pack as unknown as AsyncIterable<Buffer>);
  add().catch((error: Error) => tar.destroy(error));
  return tar;
}

function headerOf(entry: TreeEntry, size: number): Header {
  return new Header({
    ...{ type: tarTypes[entry.type], size, path: entry.type === 'folder' ? `${entry.path}/` : entry.path },
    ...{ mode: entry.type === 'link' ? 0o777 : entry.mode, mtime: new Date(0) },
    ...(entry.type === 'link' ? { linkpath: entry.target } : {}),
  });
}
