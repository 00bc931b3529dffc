import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPackages } from '../../../node-agent/packages/status-file.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

test('what dpkg has on record is read as dpkg-query tells it', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own fields
  const format = '${Package}\\t${Architecture}\\t${Version}\\t${db:Status-Abbrev}\\t${Provides}\\n';
  const told = execFileSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8' }).split('\n');
  const read = readPackages().filter(({ status }) => status[1] !== 'n');
  const lines = read.map(({ name, architecture, version, status, broken, provides }) =>
    [name, architecture, version, `${status}${broken ? 'R' : ' '}`, provides.join(', ')].join('\t'),
  );
  expect(lines.sort()).toEqual(
    told
      .filter(Boolean)
      .map((line) => line.replaceAll(/(:\w+)? \(= [^)]*\)/g, ''))
      .sort(),
  );
});

const record = (name: string, version: string, status: string, more = '') =>
  `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\n${more}Version: ${version}\n`;

test('what an interrupted dpkg had still to put there counts, the last word on a package most', () => {
  const directory = temporaryFolder();
  writeFiles(directory, {
    status: `${record('web', '1', 'install ok installed')}\n${record('db', '1', 'install ok installed')}`,
    'updates/0001': record('web', '2', 'install reinstreq half-installed'),
    'updates/0002': record('web', '2', 'install ok unpacked', 'Multi-Arch: same\n'),
    // Still being written.
    'updates/tmp.i': record('db', '9', 'install ok installed'),
  });
  const [web, db] = readPackages(directory);
  expect(web).toMatchObject({ name: 'web', version: '2', status: 'iU', broken: false, multiArch: true });
  expect(db).toMatchObject({ name: 'db', version: '1', status: 'ii', multiArch: false });
});

test('no field is taken out of the middle of another one', () => {
  const directory = temporaryFolder();
  const description = 'Description: tells of\n Version: 9\n Status: purge ok not-installed\n';
  writeFiles(directory, { status: record('web', '1', 'hold reinstreq installed', description) });
  expect(readPackages(directory)).toMatchObject([{ version: '1', status: 'hi', broken: true }]);
});

test('a node that has no dpkg is told where its books were looked for', () => {
  const directory = temporaryFolder();
  expect(() => readPackages(directory)).toThrow(`the node has no ${join(directory, 'status')}`);
});
