import { Header } from 'tar';

/** A tar that wants to write `escaped` below `base`, in every way that tars know. */
export function evilTar(base: string): Buffer {
  const entry = (path: string, type: string, linkpath = '', body = ''): Buffer => {
    const head = Buffer.alloc(512);
    new Header({
      path,
      linkpath,
      type: type as 'File',
      size: body.length,
      mode: 0o4777,
      uid: 0,
      gid: 0,
    }).encode(head);
    const padded = Buffer.alloc(Math.ceil(body.length / 512) * 512);
    padded.write(body);
    return Buffer.concat([head, padded]);
  };
  return Buffer.concat([
    entry(`${base}/escaped`, 'File', '', 'evil'),
    entry('../../../../../../../../escaped', 'File', '', 'evil'),
    entry('out', 'SymbolicLink', base),
    entry('out/escaped', 'File', '', 'evil'),
    entry('up', 'SymbolicLink', '../../../../../..'),
    entry('up/escaped', 'File', '', 'evil'),
    entry('console.log', 'SymbolicLink', `${base}/escaped`),
    entry('journal.log', 'SymbolicLink', `${base}/escaped`),
    entry('hard', 'Link', `${base}/escaped`),
    entry('pipe', 'FIFO'),
    entry('device', 'CharacterDevice'),
    entry('fine', 'File', '', 'fine'),
    Buffer.alloc(1024),
  ]);
}
