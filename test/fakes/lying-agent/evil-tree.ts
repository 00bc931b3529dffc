import { endOfTree } from '../../../common/trees/tree-entry.ts';

const line = (said: object): string => `${JSON.stringify(said)}\n`;
const file = (path: string, body: string): string =>
  `${line({ path, kind: 'file', mode: 0o4777, mtimeMs: 0, size: body.length })}${body}`;
const link = (path: string, target: string): string => line({ path, kind: 'link', target });

/** A packed tree with one file, `fine`. */
export const honestTree = (): Buffer => Buffer.from(`${file('fine', 'fine')}${line(endOfTree)}`);

/** One that wants to write `escaped` below `base`, in the ways that come before it is seen through. */
export function evilTree(base: string, seed: number): Buffer {
  const last = [`${base}/escaped`, '../../../../../../../../escaped', 'a/../../escaped', 'a\0b', ''];
  const entries = [
    link('out', base),
    file('out/escaped', 'evil'),
    link('up', '../../../../../..'),
    file('up/escaped', 'evil'),
    line({ path: 'up', kind: 'folder', mode: 0o777, mtimeMs: 0 }),
    link('console.log', `${base}/escaped`),
    file('console.log', 'evil'),
    link('journal.log', `${base}/escaped`),
    line({ path: 'hard', kind: 'again', of: `${base}/escaped` }),
    line({ path: 'hard', kind: 'again', of: 'out/escaped' }),
    file('fine', 'fine'),
    file(last[seed % last.length] ?? '', 'evil'),
    line(endOfTree),
  ];
  return Buffer.from(entries.join(''));
}
