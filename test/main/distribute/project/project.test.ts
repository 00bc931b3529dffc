import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { listFiles } from '../../../../main/distribute/project/list-files.ts';
import { makeManifest } from '../../../../main/distribute/project/manifest.ts';
import { databasePrefix, projectKey } from '../../../../main/distribute/project/project-key.ts';
import { sendProject } from '../../../../main/distribute/project/send-project.ts';
import { sharedLook } from '../../../../main/distribute/project/shared-look.ts';
import { withoutGit } from '../../../../main/distribute/project/without-git.ts';

const { signal } = new AbortController();

function folder(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-project-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const ignoring = {
  '.gitignore': '*.log\n/build/\n!keep.log\n',
  'lib/.gitignore': 'generated\n!special.log\n',
  'a.log': '',
  'keep.log': '',
  'build/x': '',
  'lib/a': '',
  'lib/generated': '',
  'lib/special.log': '',
  'lib/build/y': '',
};
const kept = ['.gitignore', 'keep.log', 'lib/.gitignore', 'lib/a', 'lib/build/y', 'lib/special.log'];
const nothing = { include: [], ignore: [] };

describe('a project’s files', () => {
  test('are those that git does not ignore, in a folder that is no repository, too', async () => {
    const directory = folder(ignoring);
    expect(await listFiles(directory, nothing)).toEqual(kept);
    execFileSync('git', ['init', '-q', directory]);
    expect(await listFiles(directory, nothing)).toEqual(kept);
    expect(
      withoutGit(directory)
        .filter((path) => !path.startsWith('.git/'))
        .sort(),
      'without git',
    ).toEqual(kept);
  });

  test('are what is there now: what is deleted is none, what is new is one', async () => {
    const directory = folder({ gone: '', there: '' });
    execFileSync('git', ['init', '-q', directory]);
    execFileSync('git', ['-C', directory, 'add', '.']);
    rmSync(join(directory, 'gone'));
    writeFileSync(join(directory, 'new'), '');
    expect(await listFiles(directory, nothing)).toEqual(['new', 'there']);
  });

  test('and what is included, whole folders and .git too, without what is left out', async () => {
    const directory = folder(ignoring);
    execFileSync('git', ['init', '-q', directory]);
    const files = await listFiles(directory, {
      include: ['build', '*.log', '.git'],
      ignore: ['lib/*', '!lib/a'],
    });
    expect(files.filter((path) => !path.startsWith('.git/'))).toEqual([
      '.gitignore',
      'a.log',
      'build/x',
      'keep.log',
      'lib/a',
    ]);
    expect(files).toContain('.git/HEAD');
  });

  test('those of a repository within it too, and never what our runs left', async () => {
    const directory = folder({
      'module/a': '',
      'module/.gitignore': 'b',
      'module/b': '',
      '.shakedown/runs/x': '',
    });
    execFileSync('git', ['init', '-q', directory]);
    execFileSync('git', ['init', '-q', join(directory, 'module')]);
    symlinkSync('.shakedown/runs/latest/nodes', join(directory, 'nodes'));
    expect(await listFiles(directory, nothing)).toEqual(['module/.gitignore', 'module/a']);
  });

  test('names of any sort', async () => {
    const names = ['ä ö', 'a\nb', "it's", '@at', '-dash'];
    const directory = folder(Object.fromEntries(names.map((name) => [name, ''])));
    expect(await listFiles(directory, nothing)).toEqual([...names].sort());
  });
});

test('what has not changed is not read again; what has is, though its size and time are the same', async () => {
  const directory = folder({ a: 'one', b: 'two' });
  const memory = join(directory, '.shakedown/digests.json');
  const read = async () => (await makeManifest(directory, ['a', 'b', 'gone'], memory, signal)).files;
  const [a, b] = await read();
  expect(await read()).toEqual([a, b]);
  const remembered = JSON.parse(readFileSync(memory, 'utf8'));
  remembered.b[1] = 'f'.repeat(64);
  writeFileSync(memory, JSON.stringify(remembered));
  expect((await read())[1]?.[2], 'taken from memory').toBe('f'.repeat(64));
  const { mtime } = { mtime: new Date(1_700_000_000_000) };
  writeFileSync(join(directory, 'a'), 'new');
  utimesSync(join(directory, 'a'), mtime, mtime);
  expect((await read())[0]?.[2]).not.toBe(a?.[2]);
});

describe('its place on the nodes', () => {
  const ann = { host: 'laptop.example.org', user: 'ann', directory: '/home/ann/Shop', slot: 1 };

  test('is of initiating host, user, folder and slot', () => {
    expect(projectKey(ann)).toMatch(/^laptop-ann-shop-[0-9a-f]{8}$/);
    const others = [{ host: 'laptop.example.com' }, { user: 'bob' }, { directory: '/srv/shop' }, { slot: 2 }];
    expect(new Set([ann, ...others.map((other) => ({ ...ann, ...other }))].map(projectKey)).size).toBe(5);
  });

  test('and so is the beginning of its databases’ names, in 40 characters at most', () => {
    expect(databasePrefix(ann, '0_1')).toMatch(/^laptop_ann_shop_[0-9a-f]{6}_0_1_$/);
    const long = { host: `${'h'.repeat(60)}`, user: 'Üser.Name', directory: `/x/${'p'.repeat(80)}`, slot: 1 };
    for (const runner of ['0_0', '123_45'])
      expect(databasePrefix(long, runner)).toMatch(/^[a-z][a-z0-9_]{10,39}$/);
    expect(databasePrefix({ ...ann, host: '10.0.0.5' }, '0_0')).toMatch(/^[a-z]/);
    expect(databasePrefix(ann, '0_1')).not.toBe(databasePrefix(ann, '0_2'));
  });
});

test('a look at the files serves all who ask soon after it began, and nobody later', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let looks = 0;
  const look = sharedLook(async () => ++looks);
  expect(await Promise.all([look(), look()])).toEqual([1, 1]);
  vi.advanceTimersByTime(2000);
  expect(await look()).toBe(2);
  // But for who knows that it is so no longer.
  vi.advanceTimersByTime(10);
  expect(await Promise.all([look(performance.now()), look()])).toEqual([3, 3]);
});

test('files that go or change while they are sent are looked at anew, at once', async () => {
  const times: (number | undefined)[] = [];
  const look = sharedLook(async (notBefore) => times.push(notBefore));
  const project = {
    manifest: async (notBefore?: number) => {
      const files = (await look(notBefore)) === 1 ? [['gone'], ['a']] : [['a']];
      return { files, sizes: files.map(() => 1), folders: files.map(() => '/here') };
    },
  };
  const uploads: string[][] = [];
  const wrong = [[0], []];
  const agent = {
    planProject: async (_: string, files: readonly unknown[]) => {
      return { missing: [...files.keys()], deleted: 0, directory: '/there' };
    },
    upload: async (_from: string, _to: string, { entries }: { entries: string[] }) => {
      uploads.push(entries);
      if (entries.includes('gone')) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    },
    call: async () => ({ wrong: wrong.shift() }),
  };
  const send = sendProject(agent as never, project as never, '/there', new AbortController().signal);
  expect(await send).toMatchObject({ directory: '/there', files: 2 });
  expect(uploads).toEqual([['gone', 'a'], ['a'], ['a']]);
  // Each of them by its own look.
  expect(times).toHaveLength(3);
});
