import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import { chooseFiles } from '../../main/distribute/config/choose-files.ts';
import { lookOf } from '../../main/distribute/kinds/project-look.ts';
import { byFile } from '../../main/distribute/results/by-file.ts';
import type { DistributeResult } from '../../main/distribute/results/distribute-result.ts';
import { writtenCommand } from '../../main/distribute/suite/test-command.ts';
import type { Cluster } from '../../main/providers/provider.ts';
import type { Remote } from '../../main/remotes/remote.ts';
import { program, readLatest, write } from './harness.ts';

/** A suite that no one here wrote. */
export interface PublicSuite {
  /** Globs; those of its kind where none is told. */
  readonly files: readonly string[];
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** How often a file that failed is run again; never where none is told. */
  readonly retries?: number;
}

/**
 * Each test with its file and its verdict, sorted, of the framework's one process for all files, on a machine
 * whose user is ann.
 */
export async function inARow(
  { files: globs, command: text, env }: PublicSuite,
  project: string,
  remote: Remote,
): Promise<readonly string[]> {
  const words = { files: [...globs], command: text, include: [], ignore: [] };
  const { all, files } = await chooseFiles(project, {}, words);
  const folder = `/home/ann/in-a-row-${files.length}`;
  await remote.upload(project, folder);
  const command = writtenCommand(text, env, lookOf(project, all));
  const { argv, env: more } = command.process(files, `${folder}/report`);
  const ran = await remote.exec(argv, { cwd: folder, env: { ...env, ...more } });
  const report = await remote.exec(['cat', `${folder}/report`], { maxBuffer: 64e6 });
  expect(report.exitCode, ran.stderr).toBe(0);
  const { tests, unplaced } = byFile(await command.read(report.stdout), files, folder);
  expect(unplaced).toEqual([]);
  return identities([...tests].map(([file, own]) => ({ file, tests: own })));
}

/**
 * Runs a suite distributed over a cluster's machines, two runners on each; `directory` is for the home of who
 * does. Gives the result when every machine had some of it and nothing went wrong beside the tests.
 */
export async function distributed(
  { files, command, env, retries = 0 }: PublicSuite,
  project: string,
  { machines }: Cluster,
  directory: string,
): Promise<DistributeResult> {
  const known = machines.map(({ address, ssh }) => `${address} ${ssh.hostKey}\n`);
  write(directory, 'home/.ssh/known_hosts', known.join(''));
  const nodes = machines.map(({ address }) => `ann@${address}`).join(',');
  const args = [
    '--nodes',
    nodes,
    '--key',
    machines[0]?.ssh.keyFile ?? '',
    '--runners',
    '2',
    '--retries',
    `${retries}`,
  ];
  const vars = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const words = [program, 'distribute', ...args, ...vars, ...files, '--', ...command.split(' ')];
  const { stderr, exitCode } = await execa(process.execPath, words, {
    ...{ cwd: project, env: { HOME: join(directory, 'home'), SSH_AUTH_SOCK: '' } },
    ...{ reject: false, stdin: 'ignore' },
  });
  // Else it did not come to its end.
  expect(exitCode, stderr).toBeOneOf([0, 1]);
  const result: DistributeResult = JSON.parse(readLatest(project, 'distribute.json'));
  const errors = result.files.filter(({ verdict }) => verdict === 'error');
  expect([errors, result.outOfUse], stderr).toEqual([[], []]);
  expect(new Set(result.files.map(({ ran }) => ran?.node)), 'all nodes had some').toEqual(
    new Set(machines.map(({ id }) => id)),
  );
  return result;
}

/** Each test has its verdict; where some have not, what their files said is told. */
export function expectTests(
  { files, directory }: DistributeResult,
  expected: readonly string[],
  when: string,
) {
  const found = identities(files);
  const [known, told] = [new Set(expected), new Set(found)];
  const missing = expected.filter((each) => !told.has(each));
  const more = found.filter((each) => !known.has(each));
  const said = files
    .filter(({ file }) => [...missing, ...more].some((test) => test.startsWith(`${file}: `)))
    .map(({ file, verdict, message = '', ran }) => {
      const output = ran ? readFileSync(join(directory, ran.output), 'utf8').slice(-4000) : 'it was not run';
      return `${file}: ${verdict} ${message}\n${output}`;
    });
  expect({ missing, more }, `${when}\n${said.join('\n')}`).toEqual({ missing: [], more: [] });
  expect(found).toHaveLength(expected.length);
}

/** Some names have a port of the moment in them. */
const withoutPort = (name: string): string => name.replaceAll(/(127\.0\.0\.1|localhost):\d+/g, '$1');

const identities = (files: readonly Pick<DistributeResult['files'][number], 'file' | 'tests'>[]) =>
  files
    .flatMap(({ file, tests }) =>
      tests.map(({ name, verdict }) => `${file}: ${withoutPort(name)}: ${verdict}`),
    )
    .sort();
