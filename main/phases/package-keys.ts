import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { AptSource } from '../../common/protocol/installation.ts';
import type { NodeConfig } from '../config/node/node-config.ts';
import type { RenderedTree } from '../render/tree.ts';

/**
 * A node's package sources, in which a key that is one of its node files stands as text:
 * packages are installed before the node files are sent. Throws UsageError for a key that is
 * neither that, nor text, nor a path on the node.
 */
export async function withKeys(
  { aptSources, workingDir }: Pick<NodeConfig, 'aptSources' | 'workingDir'>,
  tree: RenderedTree,
): Promise<readonly AptSource[]> {
  return Promise.all(
    aptSources.map(async (source) => {
      const { key } = source;
      if (key === undefined || key.includes('-----BEGIN PGP')) return source;
      const path = posix.isAbsolute(key) ? posix.relative(workingDir, key) : posix.normalize(key);
      const entry = tree.entries.find((each) => each.path === path);
      if (entry?.type === 'file') {
        const { content } = entry;
        return { ...source, key: armored('bytes' in content ? content.bytes : await readFile(content.file)) };
      }
      if (posix.isAbsolute(key)) return source;
      throw new UsageError(
        `The package source '${source.name}' has the key '${key}', which is no node file.`,
        {
          hint: 'a path below the node files, an absolute path on the node, or the key itself (-----BEGIN PGP …)',
        },
      );
    }),
  );
}

/** An OpenPGP key as text (RFC 9580, section 6). */
function armored(key: Buffer): string {
  if (key.includes('-----BEGIN PGP')) return key.toString();
  const lines = key.toString('base64').match(/.{1,64}/g) ?? [];
  const sum = Buffer.from([16, 8, 0].map((shift) => (crc24(key) >> shift) & 0xff)).toString('base64');
  const [begin, end] = ['BEGIN', 'END'].map((word) => `-----${word} PGP PUBLIC KEY BLOCK-----`);
  return [begin, '', ...lines, `=${sum}`, end, ''].join('\n');
}

function crc24(bytes: Buffer): number {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x800000 ? 0x1864cfb : 0);
  }
  return crc & 0xffffff;
}
