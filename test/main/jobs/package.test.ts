import { createReadStream, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { create } from 'tar';
import { describe, expect, test } from 'vitest';
import { packed, unpack } from '../../../main/jobs/packages/package-folder.ts';
import { folder } from '../remotes/fake-node.ts';

/** Where something is unpacked, two levels below a folder that must stay as it is. */
function target(): string {
  const place = join(folder(), 'outside/in');
  mkdirSync(place, { recursive: true });
  return place;
}

describe('a package', () => {
  test('brings a folder as it is, without what is made anew', async () => {
    const [from, to] = [folder(), target()];
    for (const name of ['.shakedown', '.git', 'node_modules', 'a/b'])
      mkdirSync(join(from, name), { recursive: true });
    for (const name of ['.shakedown/x', 'node_modules/x', 'a/b/x']) writeFileSync(join(from, name), 'x');
    symlinkSync('b/x', join(from, 'a/link'));
    await packed(from, (file) => unpack(createReadStream(file), to));
    expect(readFileSync(join(to, 'a/link'), 'utf8')).toBe('x');
    for (const name of ['.shakedown', '.git', 'node_modules']) expect(existsSync(join(to, name))).toBe(false);
  });

  test('that leads out of its folder is refused', async () => {
    const options = { preservePaths: true };
    const from = folder();
    writeFileSync(join(from, 'x'), 'x');
    mkdirSync(join(from, 'd'));
    for (const [index, linkTo] of ['/etc/passwd', '../../x', 'a/../../../x'].entries()) {
      symlinkSync(linkTo, join(from, `link${index}`));
    }
    const bad = [
      ['../x', join(from, 'd')],
      [join(from, 'x'), from],
      ['link0', from],
      ['link1', from],
      ['link2', from],
    ] as const;
    for (const [path, cwd] of bad) {
      const [file, to] = [join(from, 'package.tar'), target()];
      await create({ ...options, file, cwd }, [path]);
      await expect(unpack(createReadStream(file), to), path).rejects.toThrow();
      expect(existsSync(join(to, '../x'))).toBe(false);
    }
  });

  test('that is larger than its bounds, or has what is no file, is refused', async () => {
    const from = folder();
    for (const name of ['a', 'b', 'c']) writeFileSync(join(from, name), 'x'.repeat(100));
    const refused = (bounds: { entries: number; bytes: number }) =>
      packed(from, (file) => unpack(createReadStream(file), target(), bounds));
    await refused({ entries: 4, bytes: 300 });
    await expect(refused({ entries: 3, bytes: 300 })).rejects.toThrow('the package has more than 3 files');
    await expect(refused({ entries: 4, bytes: 299 })).rejects.toThrow(
      'more than 299 bytes when it is unpacked',
    );
    await execa('mkfifo', [join(from, 'fifo')]);
    await execa('tar', ['-C', from, '-cf', join(from, 'x.tar'), 'fifo']);
    const withFifo = unpack(createReadStream(join(from, 'x.tar')), target());
    await expect(withFifo).rejects.toThrow("the package has 'fifo', which is a FIFO");
  });

  test('that leads out by way of its own links is refused', async () => {
    const from = folder();
    mkdirSync(join(from, 'deep/er'), { recursive: true });
    mkdirSync(join(from, 'q'));
    symlinkSync('../../q', join(from, 'deep/er/p'));
    symlinkSync('p/../../../x', join(from, 'deep/er/out'));
    await execa('tar', ['-C', from, '-cf', join(from, 'x.tar'), 'deep/er/p', 'deep/er/out', 'q']);
    const out = unpack(createReadStream(join(from, 'x.tar')), target());
    await expect(out).rejects.toThrow("the package has 'deep/er/out', which leads out of its folder");
  });

  test('that is no tar at all is refused', async () => {
    const file = join(folder(), 'x');
    writeFileSync(file, 'nonsense '.repeat(200));
    await expect(unpack(createReadStream(file), target())).rejects.toThrow();
  });
});
