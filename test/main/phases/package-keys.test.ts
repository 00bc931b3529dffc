import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../common/errors.ts';
import { withKeys } from '../../../main/phases/package-keys.ts';
import type { RenderedEntry } from '../../../main/render/tree.ts';

const text = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----\n';

const file = (path: string, content: { bytes: Buffer } | { file: string }): RenderedEntry => ({
  ...{ type: 'file', path, source: path, mode: 0o644, sha256: '', size: 0, content },
});

async function keyOf(key: string | undefined, entries: readonly RenderedEntry[] = []) {
  const source = { name: 'etcd', uris: 'http://packages', suites: 'stable', ...(key ? { key } : {}) };
  const [found] = await withKeys({ aptSources: [source], workingDir: '/srv/work' }, { entries });
  return found?.key;
}

describe('the key of a package source', () => {
  test.each(['keys/etcd.asc', './keys/etcd.asc', '/srv/work/keys/etcd.asc'])(
    'that is the node file %s goes along as text: the files are sent later',
    async (key) => {
      expect(await keyOf(key, [file('keys/etcd.asc', { bytes: Buffer.from(text) })])).toBe(text);
    },
  );

  test('stays when it is text, a path on the node that is no node file, or none', async () => {
    expect(await keyOf(text)).toBe(text);
    expect(await keyOf('/usr/share/keyrings/debian.gpg')).toBe('/usr/share/keyrings/debian.gpg');
    expect(await keyOf(undefined)).toBeUndefined();
  });

  test('that is nowhere is a mistake', async () => {
    await expect(keyOf('keys/nope.asc')).rejects.toThrow(UsageError);
    await expect(keyOf('keys/nope.asc')).rejects.toThrow(/'etcd' has the key 'keys\/nope.asc'/);
  });

  test('in binary becomes text: base64, and its checksum', async () => {
    const bytes = Buffer.from('123456789'.repeat(20));
    const key = await keyOf('keys/etcd.gpg', [file('keys/etcd.gpg', { bytes })]);
    const [begin, empty, ...lines] = key?.trimEnd().split('\n') ?? [];
    expect([begin, empty, lines.pop()]).toEqual([
      '-----BEGIN PGP PUBLIC KEY BLOCK-----',
      '',
      '-----END PGP PUBLIC KEY BLOCK-----',
    ]);
    expect(Buffer.from(lines.slice(0, -1).join(''), 'base64')).toEqual(bytes);
    // The check value that is published for this sum.
    const short = await keyOf('k', [file('k', { bytes: Buffer.from('123456789') })]);
    expect(short).toContain(`\n=${Buffer.from('21cf02', 'hex').toString('base64')}\n`);
  });
});
