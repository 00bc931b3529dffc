import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Cluster } from '../../../main/providers/provider.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { connect, ctx, make, provider, remains } from '../nspawn-cluster.ts';
import { distributed, expectTests, inARow } from '../suite-on-machines.ts';
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
    // Some of its tests have timeouts of a quarter of a second, which a busy machine misses.
    ...{ files: [], command: 'prove -l {files}', env: {}, retries: 2 },
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

test.each(suites)(
  '$source ($language): over three machines each test has the verdict that it has in a row',
  async (suite) => {
    const project = await debianSource(join(directory, suite.source), suite.source, {
      ...suite,
      release: 'bookworm',
    });
    const [remote] = remotes;
    if (!remote) throw new Error('there are three machines');
    const expected = await inARow(suite, project, remote);
    expect(expected.length).toBeGreaterThanOrEqual(suite.tests);
    for (const time of ['the first time', 'with its history']) {
      const result = await distributed(suite, project, cluster, directory);
      expectTests(result, expected, time);
      const { files, schedule } = result;
      const { wallMs = 0, inARowMs = 0, bestMs = 0 } = schedule ?? {};
      console.log(
        `${suite.source}, ${time}: ${files.length} files, ${expected.length} tests: ${wallMs} ms, in a row ${inARowMs}, best ${bestMs}`,
      );
    }
  },
);
