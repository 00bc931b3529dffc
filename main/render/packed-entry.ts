import { contentOf } from '../../common/trees/file-content.ts';
import { type PackedEntry, packedPath } from '../../common/trees/tree-entry.ts';
import type { RenderedEntry } from './tree.ts';

/** A rendered entry as it travels to a node. */
export function packedEntry(entry: RenderedEntry): PackedEntry {
  const path = packedPath(entry.path);
  const { mode } = entry;
  const mtimeMs = Date.now();
  if (entry.type === 'directory') return { header: { path, kind: 'folder', mode, mtimeMs } };
  if (entry.type === 'link') return { header: { path, kind: 'link', target: packedPath(entry.target) } };
  const { content, size } = entry;
  const header = { path, kind: 'file', mode, mtimeMs, size } as const;
  if ('bytes' in content) return { header, content: [content.bytes] };
  return { header, content: contentOf(content.file, size) };
}
