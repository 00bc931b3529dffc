import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseFiles } from '../../../main/distribute/config/plan-distribution.ts';
import { lookOf } from '../../../main/distribute/kinds/project-look.ts';
import { byFile } from '../../../main/distribute/results/by-file.ts';
import type { DistributeResult } from '../../../main/distribute/results/distribute-result.ts';
import { writtenCommand } from '../../../main/distribute/suite/test-command.ts';
import type { Cluster } from '../../../main/providers/provider.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { program, readLatest, write } from '../harness.ts';
import { connect, ctx, make, provider, remains } from '../nspawn-cluster.ts';
import { debianSource } from './debian-source.ts';

/** Suites that no one here wrote, from Debian's source packages, and what they need besides. */
const suites = [
  {
    ...{ source: 'jinja2', version: '3.1.2-1+deb12u3', language: 'Python, pytest' },
    ...{ files: [], command: 'python3 -m pytest -q {files}', env: { PYTHONPATH: 'src' } },
    tests: 851,
  },
  {
    ...{ source: 'ruby-hashie', version: '5.0.0-2', language: 'Ruby, RSpec' },
    ...{ files: ['spec/*_spec.rb', 'spec/hashie/**/*_spec.rb'], command: 'rspec {files}' },
    // One of its files counts on another one that loads this.
    env: { RUBYOPT: '-rdelegate' },
    tests: 700,
  },
  {
    ...{ source: 'libmojolicious-perl', version: '9.31+dfsg-1', language: 'Perl, prove' },
    ...{ files: [], command: 'prove -l {files}', env: {} },
    tests: 13_000,
  },
] as const;

const packages = [
  ...['python3-pytest', 'python3-markupsafe', 'perl'],
  ...['ruby-rspec', 'ruby-rspec-pending-for', 'ruby-activesupport', 'pry'],
];

let cluster: Cluster;
let remotes: Remote[];
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'shakedown-public-suites-'));
  cluster = await make(3, { os: 'bookworm', packages }, { user: 'ann' });
  remotes = await connect(cluster);
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await Promise.all(remotes.map((remote) => remote[Symbol.asyncDispose]()));
  await provider.destroy({ id: cluster.id }, ctx);
  expect(await remains([cluster.id])).toEqual([]);
});

type Suite = (typeof suites)[number];

/**
 * Each test with its file and its verdict, of the framework's one process for
 * all files, on one of the machines.
 */
async function inARow(
  { files: globs, command: text, env }: Suite,
  project: string,
): Promise<readonly string[]> {
  const words = { files: [...globs], command: text, include: [], ignore: [] };
  const { all, files } = await chooseFiles(project, {}, words);
  const [remote] = remotes;
  const folder = `/home/ann/in-a-row-${files.length}`;
  await remote?.upload(project, folder);
  const command = writtenCommand(text, env, lookOf(project, all));
  const { argv, env: more } = command.process(files, `${folder}/report`);
  const ran = await remote?.exec(argv, { cwd: folder, env: { ...env, ...more } });
  const report = await remote?.exec(['cat', `${folder}/report`], { maxBuffer: 64e6 });
  expect(report?.exitCode, ran?.stderr).toBe(0);
  const { tests, unplaced } = byFile(await command.read(report?.stdout ?? ''), files, folder);
  expect(unplaced).toEqual([]);
  return identities([...tests].map(([file, own]) => ({ file, tests: own })));
}

/** Some names have a port of the moment in them. */
const withoutPort = (name: string): string => name.replaceAll(/(127\.0\.0\.1|localhost):\d+/g, '$1');

const identities = (
  files: readonly Pick<DistributeResult['files'][number], 'file' | 'tests'>[],
): readonly string[] =>
  files
    .flatMap(({ file, tests }) =>
      tests.map(({ name, verdict }) => `${file}: ${withoutPort(name)}: ${verdict}`),
    )
    .sort();

test.each(suites)(
  '$source ($language): over three machines each test has the verdict that it has in a row',
  async (suite) => {
    const project = await debianSource(join(directory, suite.source), suite.source, {
      ...suite,
      release: 'bookworm',
    });
    const expected = await inARow(suite, project);
    expect(expected.length).toBeGreaterThanOrEqual(suite.tests);
    const known = cluster.machines.map(({ address, ssh }) => `${address} ${ssh.hostKey}\n`);
    write(directory, 'home/.ssh/known_hosts', known.join(''));
    const { files, command, env } = suite;
    const nodes = cluster.machines.map(({ address }) => `ann@${address}`).join(',');
    const key = cluster.machines[0]?.ssh.keyFile ?? '';
    const args = [program, 'distribute', '--nodes', nodes, '--key', key, '--runners', '2'];
    const vars = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const home = { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' };
    for (const time of ['the first time', 'with its history']) {
      const words = [...args, ...vars, ...files, '--', ...command.split(' ')];
      const options = { cwd: project, env: home, reject: false, stdin: 'ignore' } as const;
      const { stderr } = await execa(process.execPath, words, options);
      const result: DistributeResult = JSON.parse(readLatest(project, 'distribute.json'));
      const errors = result.files.filter(({ verdict }) => verdict === 'error');
      expect([errors, result.outOfUse], `${time} ${stderr}`).toEqual([[], []]);
      expect(identities(result.files), `${time} ${stderr}`).toEqual(expected);
      expect(new Set(result.files.map(({ ran }) => ran?.node)), 'all nodes had some').toEqual(
        new Set([0, 1, 2]),
      );
      const { wallMs = 0, inARowMs = 0, bestMs = 0 } = result.schedule ?? {};
      console.log(
        `${suite.source}, ${time}: ${result.files.length} files, ${expected.length} tests: ${wallMs} ms, in a row ${inARowMs}, best ${bestMs}`,
      );
    }
  },
);
