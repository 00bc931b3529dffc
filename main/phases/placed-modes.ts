import type { PlaceConfig } from '../config/node/node-config.ts';
import type { RenderedTree } from '../render/tree.ts';

/**
 * The tree in which files that are placed elsewhere with a mode have that mode here, too: what nobody may
 * read there nobody shall read in the copies. Of several modes, what all of them allow.
 */
export function placedModes(tree: RenderedTree, place: readonly PlaceConfig[]): RenderedTree {
  const withMode = place.filter(({ mode }) => mode !== undefined);
  if (withMode.length === 0) return tree;
  const entries = tree.entries.map((entry) => {
    if (entry.type !== 'file') return entry;
    const modes = withMode.filter(({ from }) => isIn(entry.path, from)).map(({ mode = 0 }) => mode);
    const [first, ...others] = modes;
    return first === undefined ? entry : { ...entry, mode: others.reduce((all, mode) => all & mode, first) };
  });
  return { entries };
}

const isIn = (path: string, from: string): boolean => {
  const folder = from.replace(/^\.\//, '').replace(/\/+$/, '');
  return path === folder || path.startsWith(`${folder}/`) || folder === '.';
};
