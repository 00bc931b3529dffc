import { Header } from 'tar';

function entryOf(path: string, type: string, linkpath = '', body = ''): Buffer {
  const head = Buffer.alloc(512);
  const size = body.length;
  new Header({ path, linkpath, type: type as 'File', size, mode: 0o4777, uid: 0, gid: 0 }).encode(head);
  const padded = Buffer.alloc(Math.ceil(size / 512) * 512);
  padded.write(body);
  return Buffer.concat([head, padded]);
}

/** A tar with one file, `fine`. */
export const honestTar = (): Buffer =>
  Buffer.concat([entryOf('fine', 'File', '', 'fine'), Buffer.alloc(1024)]);

/** A tar that wants to write `escaped` below `base`, in every way that tars know. */
export function evilTar(base: string): Buffer {
  return Buffer.concat([
    entryOf(`${base}/escaped`, 'File', '', 'evil'),
    entryOf('../../../../../../../../escaped', 'File', '', 'evil'),
    entryOf('out', 'SymbolicLink', base),
    entryOf('out/escaped', 'File', '', 'evil'),
    entryOf('up', 'SymbolicLink', '../../../../../..'),
    entryOf('up/escaped', 'File', '', 'evil'),
    entryOf('console.log', 'SymbolicLink', `${base}/escaped`),
    entryOf('journal.log', 'SymbolicLink', `${base}/escaped`),
    entryOf('hard', 'Link', `${base}/escaped`),
    entryOf('pipe', 'FIFO'),
    entryOf('device', 'CharacterDevice'),
    entryOf('fine', 'File', '', 'fine'),
    Buffer.alloc(1024),
  ]);
}
