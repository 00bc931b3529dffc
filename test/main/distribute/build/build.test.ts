import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDistributeConfig } from '../../../../main/distribute/config/read-distribute-config.ts';
import { place, verdicts } from '../place.ts';

const two = { nodes: ['a', 'b'], runners: 1, files: 'test/*.sh', command: 'sh {file}' } as const;

/** Four files, so that both nodes have some; each wants what was built. */
const project = {
  '.gitignore': 'dist/\nhow-often\n',
  'src/a.txt': 'one',
  ...Object.fromEntries(
    [1, 2, 3, 4].map((n) => [
      `test/${n}.sh`,
      'sleep 0.3; test "$(cat dist/deep/out)" = "$(cat src/a.txt) built"',
    ]),
  ),
};

const all = (verdict: string) => Object.fromEntries([1, 2, 3, 4].map((n) => [`test/${n}.sh`, verdict]));
const run =
  'echo x >> how-often; mkdir -p dist/deep; echo "$(cat src/a.txt) built" > dist/deep/out; chmod 755 dist/deep/out';
const notRun = 'what the build is made of is as it was: it is not run';

describe('what is built here, once', () => {
  const build = { run, files: ['src'], outputs: ['dist/'] };

  test('is sent to every node, though git ignores it, and not built again while its files are the same', async () => {
    const { run: distribute, write, directory, notes, left } = place(project);
    const builds = () => readFileSync(join(directory, 'how-often'), 'utf8').length / 2;
    const first = await distribute({ ...two, build });
    expect(verdicts(first)).toEqual(all('pass'));
    expect(new Set(first.files.map(({ ran }) => ran?.node))).toEqual(new Set([0, 1]));
    expect(builds()).toBe(1);
    expect(notes).toContainEqual(expect.stringMatching(/^built in .*: 1 file, 10 B$/));
    expect(left(first, 'distribute.log')).not.toContain(notRun);

    write('test/1.sh', 'test -x dist/deep/out');
    expect(verdicts(await distribute({ ...two, build }))).toEqual(all('pass'));
    expect(builds(), 'a test is nothing that it is made of').toBe(1);
    expect(notes).toContain(notRun);
    expect(notes, 'only the test was sent').toContainEqual(expect.stringMatching(/^sent 1 file, 21 B/));

    write('src/a.txt', 'two');
    expect(verdicts(await distribute({ ...two, build }))).toEqual(all('pass'));
    expect(builds()).toBe(2);
    rmSync(join(directory, 'dist'), { recursive: true });
    expect(verdicts(await distribute({ ...two, build }))).toEqual(all('pass'));
    expect(builds(), 'what it made was deleted').toBe(3);
  });

  test('is told where it fails, and nothing is run', async () => {
    const { run: distribute, left } = place(project);
    const result = await distribute({ ...two, build: { ...build, run: 'echo no compiler >&2; exit 7' } });
    expect(result).toMatchObject({ verdict: 'error', exitCode: 3, outOfUse: [] });
    expect(result.failures[0]).toMatchObject({
      message: 'build failed',
      exitCode: 7,
      lastLines: ['no compiler'],
    });
    expect(result.files.map(({ verdict, message }) => `${verdict}: ${message}`)).toEqual(
      Array(4).fill('error: it was not run, for the build failed'),
    );
    expect(left(result, 'distribute.log')).toMatch(/main host - build \| no compiler\n/);
  });

  test('is told where it leaves nothing', async () => {
    const { run: distribute } = place(project);
    const { failures } = await distribute({ ...two, build: { ...build, run: 'true' } });
    expect(failures[0]).toMatchObject({ message: "the build left nothing at 'dist'" });
  });
});

describe('what is built on the first node that is ready', () => {
  const build = { run: `${run}; sleep 0.3`, on: 'node', files: ['src'], outputs: ['dist'] } as const;

  test('comes here and goes to the others; the project here stays as it is', async () => {
    const { run: distribute, directory, notes, write } = place(project);
    const result = await distribute({ ...two, build });
    expect(verdicts(result)).toEqual(all('pass'));
    expect(new Set(result.files.map(({ ran }) => ran?.node))).toEqual(new Set([0, 1]));
    expect(existsSync(join(directory, 'dist'))).toBe(false);
    expect(notes.filter((note) => note.startsWith('built in'))).toEqual([
      expect.stringMatching(/^built in .*: 1 file, 10 B, brought here in /),
    ]);
    expect(result.hooks.filter(({ name }) => name === 'build')).toHaveLength(1);

    const again = await distribute({ ...two, build });
    expect(verdicts(again)).toEqual(all('pass'));
    expect(again.hooks).toEqual([]);
    expect(notes).toContain(notRun);
    expect(notes.filter((note) => /^sent 0 files/.test(note)).length).toBeGreaterThanOrEqual(2);
    write('src/a.txt', 'two');
    expect(verdicts(await distribute({ ...two, build }))).toEqual(all('pass'));
  });

  test('is built by another node where that one is lost', async () => {
    const { run: distribute, home } = place(project);
    // The first to come takes its agent down, whose child started it.
    const lost = `mkdir '${home}/first' 2>/dev/null && kill -9 $(cut -d' ' -f4 /proc/$PPID/stat); ${run}`;
    const result = await distribute({ ...two, build: { ...build, run: lost } });
    expect(result.outOfUse).toHaveLength(1);
    expect(verdicts(result)).toEqual(all('pass'));
  });

  test('is told once where it fails', async () => {
    const { run: distribute } = place(project);
    const result = await distribute({ ...two, build: { ...build, run: 'echo no compiler; exit 7' } });
    expect(result).toMatchObject({ verdict: 'error', exitCode: 3, outOfUse: [] });
    expect(result.failures[0]).toMatchObject({
      message: 'build failed',
      exitCode: 7,
      lastLines: ['no compiler'],
    });
  });
});

test.each([
  [{ run: 'make', outputs: ['../out'] }, /build\.outputs\.?\[?0\]?.*expected a path within the project/],
  [{ run: 'make', outputs: [] }, /expected what the build makes/],
  [{ run: 'make', outputs: ['o'], on: 'host' }, /expected 'main' or 'node'/],
])('%j is a mistake', async (build, message) => {
  const { directory, write } = place(project);
  write('distribute.config.ts', `export default ${JSON.stringify({ build })};`);
  await expect(readDistributeConfig(directory)).rejects.toThrow(message);
});

test('files that the project does not have are a mistake', async () => {
  const build = { run: 'make', outputs: ['o'], files: ['no/*'] };
  await expect(place(project).run({ ...two, build })).rejects.toThrow(
    "build.files: no file of the project matches 'no/*'",
  );
});
