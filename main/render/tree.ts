import type { TreeEntry } from '../../common/protocol/placed-files.ts';
import type { NodeFacts } from '../config/scenario.ts';

/**
 * What all entries of the node files have. Paths are relative to the node files' folder, with `/` between.
 */
interface EntryBase {
  readonly path: string;
  /** Permission bits, as 0o755. */
  readonly mode: number;
}

/** One entry of the node files as they lie on the main host. */
export type SourceEntry =
  | (EntryBase & { readonly type: 'directory' })
  | (EntryBase & { readonly type: 'link'; readonly target: string })
  /** A template, held in memory. */
  | (EntryBase & { readonly type: 'template'; readonly bytes: Buffer })
  /** Any other file: it is read again only when it is written, so that big ones cost no memory. */
  | (EntryBase & {
      readonly type: 'file';
      /** Absolute. */
      readonly file: string;
      /** Bytes. */
      readonly size: number;
      /** In hex. */
      readonly sha256: string;
    });

/** The node files as they lie on the main host; folders come before what is in them. */
export interface SourceTree {
  /** Absolute. */
  readonly directory: string;
  /** As mistakes name it: `node_files`. */
  readonly label: string;
  readonly entries: readonly SourceEntry[];
}

/** One entry of a node's working directory, rendered. `source` is the path that it was made from. */
export type RenderedEntry = EntryBase & { readonly source: string } & (
    | { readonly type: 'directory' }
    | { readonly type: 'link'; readonly target: string }
    | {
        readonly type: 'file';
        /** In hex. */
        readonly sha256: string;
        /** Bytes. */
        readonly size: number;
        /** What a template came to, or the absolute path of the file to copy. */
        readonly content: { readonly bytes: Buffer } | { readonly file: string };
      }
  );

/** All that one node gets, folders before what is in them. */
export interface RenderedTree {
  readonly entries: readonly RenderedEntry[];
}

/** The names that templates know, besides JavaScript's own. */
export interface RenderScope {
  readonly main_config: Readonly<Record<string, unknown>>;
  readonly node_config: Readonly<Record<string, unknown>>;
  /** The node's address. */
  readonly node: string;
  readonly node_id: number;
  readonly nodes: readonly NodeFacts[];
  /** Addresses in the nodes' network that no node has; empty where none are known. */
  readonly spare_addresses: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The values of the main config's `secrets`, by name. */
  readonly secret: Readonly<Record<string, string>>;
}

/** A rendered tree as the agent's `clean` takes it. */
export function treeEntries(tree: RenderedTree): TreeEntry[] {
  return tree.entries.map((entry): TreeEntry => {
    const { path, type, mode } = entry;
    if (type === 'directory') return { path, type, mode };
    return { path, type, mode, content: type === 'link' ? entry.target : entry.sha256 };
  });
}
