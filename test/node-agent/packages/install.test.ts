import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InstallParams } from '../../../common/protocol/installation.ts';
import { AgentState } from '../../../node-agent/agent-state.ts';
import { Originals } from '../../../node-agent/files/originals.ts';
import { HeldBackList } from '../../../node-agent/packages/held-back-list.ts';
import { install } from '../../../node-agent/packages/install.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

/**
 * apt and dpkg as scripts that keep their books in a folder: `dpkg/status`,
 * `available`, `calls`, and `say` to fail.
 */
const programs = {
  'bin/dpkg-deb': '#!/bin/sh\nsed -n 1,3p "$2"\n',
  'bin/dpkg': '#!/bin/sh\necho "dpkg $*" >> "$BOOKS/calls"; rm -f "$BOOKS/say"\n',
  'bin/apt-get': `#!/bin/sh
verb= names=
for argument; do case $argument in
  install|update) verb=$argument ;;
  -*) options="$options $argument" ;;
  *) names="$names $argument" ;;
esac; done
echo "apt-get $verb$names" >> "$BOOKS/calls"; echo "$options" > "$BOOKS/options"
if [ $verb = update ]; then cp "$BOOKS/mirror" "$BOOKS/available" 2>/dev/null; exit 0; fi
if [ -s "$BOOKS/say" ]; then head -n 1 "$BOOKS/say" >&2; sed -i 1d "$BOOKS/say"; exit 100; fi
for name in $names; do
  case $name in */*) row=$(sed -n 's/^Package: //p' "$name")=$(sed -n 's/^Version: //p' "$name") ;; *) row=$(grep "^\${name%%=*}=" "$BOOKS/available") ;; esac
  if [ -z "$row" ]; then echo "E: Unable to locate package $name" >&2; exit 100; fi
  printf 'Package: %s\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: %s\\n\\n' "\${row%%=*}" "\${row#*=}" >> "$BOOKS/dpkg/status"
  "$BOOKS/policy-rc.d" "\${row%%=*}.service" start || echo "held: $?" >> "$BOOKS/calls"
done
`,
};

function fakeNode(installed = '', available = 'web=1.0\ndb=2.0\n') {
  const books = temporaryFolder();
  writeFiles(books, programs, 0o755);
  writeFiles(books, {
    'dpkg/status': installed,
    available,
    calls: '',
    'lists/partial/.keep': '',
    'lists/m_InRelease': '',
  });
  const path = process.env.PATH;
  Object.assign(process.env, { PATH: `${books}/bin:${path}`, BOOKS: books });
  onTestFinished(() => void Object.assign(process.env, { PATH: path }));
  const said: string[] = [];
  const context = {
    state: new AgentState(join(books, 'state')),
    placed: new Originals(join(books, 'originals')),
    signal: new AbortController().signal,
    log: (line: string) => void said.push(line),
    progress: (line: string) => void said.push(line),
    aptDirectory: join(books, 'apt'),
    listsDirectory: join(books, 'lists'),
    policyFile: join(books, 'policy-rc.d'),
    dpkgDirectory: join(books, 'dpkg'),
  };
  const calls = () => readFileSync(join(books, 'calls'), 'utf8').split('\n').filter(Boolean);
  const run = (params: Partial<InstallParams>) =>
    install({ packages: [], debs: [], sources: [], listsMaxAge: 3600, lockWait: 5, ...params }, context);
  return { books, run, calls, said };
}

const record = (name: string, version: string, status = 'install ok installed', provides?: string) =>
  `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nVersion: ${version}\n${provides ? `Provides: ${provides}\n` : ''}Description: one\n of several lines\n\n`;

describe('bringing packages in', () => {
  test('when all is there, apt is not started', async () => {
    const { run, calls } = fakeNode(
      record('web', '1.0') +
        record('exim4', '4', 'install ok installed', 'mail-transport-agent, other (= 1)'),
    );
    const wanted = ['web', 'web=1.0', 'web:amd64', 'mail-transport-agent'];
    expect(await run({ packages: wanted })).toEqual({ installed: [], heldBack: [] });
    expect(calls()).toEqual([]);
  });

  test.each([
    ['removed with its configuration left', record('web', '1.0', 'deinstall ok config-files'), 'web'],
    ['there in another version', record('web', '0.9'), 'web=1.0'],
    ['half installed', record('web', '1.0', 'install ok half-installed'), 'web'],
  ])('a package that is %s is installed', async (_, installed, wanted) => {
    const { run, calls } = fakeNode(installed);
    await run({ packages: [wanted] });
    expect(calls()).toContain(`apt-get install ${wanted}`);
  });

  test('what is missing comes in by one transaction, and what came is told with its versions', async () => {
    const { run, calls, books } = fakeNode(record('web', '0.9') + record('other', '5'));
    const result = await run({ packages: ['web=1.0', 'db', 'other'] });
    expect(calls().filter((call) => call.startsWith('apt-get'))).toEqual(['apt-get install web=1.0 db']);
    expect(result.installed).toEqual([
      { name: 'web', version: '1.0', previous: '0.9' },
      { name: 'db', version: '2.0' },
    ]);
    expect(readFileSync(join(books, 'options'), 'utf8')).toContain('--no-install-recommends');
  });

  test('daemons are held back, and the policy that was there is put back', async () => {
    const { run, calls, books } = fakeNode();
    const policy = join(books, 'policy-rc.d');
    writeFiles(books, { 'policy-rc.d': 'the policy before' }, 0o755);
    expect((await run({ packages: ['web', 'db'] })).heldBack).toEqual(['web', 'db']);
    expect(calls()).toContain('held: 101');
    expect(readFileSync(policy, 'utf8')).toBe('the policy before');
  });

  test('units that no run has started stay held back, also when all is there or the installation broke off', async () => {
    const { run, books } = fakeNode();
    await run({ packages: ['db'] });
    expect(await run({ packages: ['db'] })).toEqual({ installed: [], heldBack: ['db'] });
    await expect(run({ packages: ['web', 'nope'] })).rejects.toThrow("package 'nope' does not exist");
    expect(await run({ packages: ['web'] })).toEqual({ installed: [], heldBack: ['db', 'web'] });
    expect(new HeldBackList(new AgentState(join(books, 'state'))).all()).toEqual(['db', 'web']);
  });

  test('no policy is left where none was, also when apt fails', async () => {
    const { run, books } = fakeNode();
    await expect(run({ packages: ['nope'] })).rejects.toThrow("package 'nope' does not exist");
    expect(existsSync(join(books, 'policy-rc.d'))).toBe(false);
  });

  test('a package that is not found is looked for once more with new lists', async () => {
    const { run, calls, books } = fakeNode('', 'web=1.0\n');
    writeFileSync(join(books, 'mirror'), 'new=3\n');
    expect((await run({ packages: ['new'] })).installed).toEqual([{ name: 'new', version: '3' }]);
    expect(calls().slice(0, 3)).toEqual(['apt-get install new', 'apt-get update', 'apt-get install new']);
  });

  test('old lists are updated first, fresh ones are not', async () => {
    const { run, calls, books } = fakeNode();
    const old = Date.now() / 1000 - 7200;
    for (const path of ['lists/partial', 'lists']) utimesSync(join(books, path), old, old);
    await run({ packages: ['web'] });
    expect(calls()[0]).toBe('apt-get update');
    const fresh = fakeNode();
    await fresh.run({ packages: ['web'] });
    expect(fresh.calls()[0]).toBe('apt-get install web');
  });

  test('a lock that is free in the end is waited for', async () => {
    const { run, calls, books, said } = fakeNode();
    writeFileSync(
      join(books, 'say'),
      'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt)\n',
    );
    await run({ packages: ['web'] });
    expect(calls().filter((call) => call === 'apt-get install web')).toHaveLength(2);
    expect(said).toContain('waiting for another package manager to finish');
  });

  test('one that is not is an error that names the holder', async () => {
    const { run, books } = fakeNode();
    writeFileSync(join(books, 'say'), 'E: Could not get lock /x. It is held by process 7 (apt)\n'.repeat(5));
    await expect(run({ packages: ['web'], lockWait: 0 })).rejects.toThrow('locked by 7 (apt)');
  });

  test('an interrupted dpkg is finished first', async () => {
    const { run, calls, books } = fakeNode();
    writeFileSync(
      join(books, 'say'),
      "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'\n",
    );
    await run({ packages: ['web'] });
    expect(calls().join()).toMatch(/apt-get install web,dpkg .*--configure -a,apt-get install web/);
  });

  test('a proxy is for this transaction only', async () => {
    const { run, books } = fakeNode();
    await run({ packages: ['web'], proxy: 'http://10.0.0.1:3142' });
    expect(readFileSync(join(books, 'options'), 'utf8')).toContain(
      '-oAcquire::http::Proxy=http://10.0.0.1:3142',
    );
    expect(existsSync(join(books, 'apt'))).toBe(false);
  });

  test.each(['-oDir=/tmp/x', 'web db', 'web;reboot', '../x', ''])("'%s' is no package", async (name) => {
    await expect(fakeNode().run({ packages: [name] })).rejects.toThrow('is not the name of a package');
  });

  test('a node without dpkg is told', async () => {
    const { run, books } = fakeNode();
    rmSync(join(books, 'dpkg'), { recursive: true });
    await expect(run({ packages: ['web'] })).rejects.toThrow(/the node has no .*dpkg\/status/);
  });
});

describe('local .deb files', () => {
  const deb = (version: string, content = '') =>
    `Package: mine\nVersion: ${version}\nArchitecture: amd64\n${content}`;

  test('are compared by name and version, and by their bytes once this agent installed them', async () => {
    const { run, calls, books } = fakeNode();
    const file = join(books, 'debs/mine.deb');
    const installs = () => calls().filter((call) => call.startsWith('apt-get')).length;
    writeFiles(books, { 'debs/mine.deb': deb('1.0') });
    expect((await run({ debs: [file] })).installed).toEqual([{ name: 'mine', version: '1.0' }]);
    await run({ debs: [file] });
    expect(installs()).toBe(1);
    // Built again under the same version, as one does while developing.
    writeFiles(books, { 'debs/mine.deb': deb('1.0', 'other bytes') });
    await run({ debs: [file] });
    expect(installs()).toBe(2);
    expect(readFileSync(join(books, 'options'), 'utf8')).toContain('--reinstall');
  });

  test('one of the version that is there is installed when another file may be what is there', async () => {
    const { run, calls, books, said } = fakeNode(record('mine', '1.0'));
    const file = join(books, 'debs/mine.deb');
    const installs = () => calls().filter((call) => call.startsWith('apt-get')).length;
    const written = (second: number) => {
      writeFiles(books, { 'dpkg/info/mine.list': '' });
      utimesSync(join(books, 'dpkg/info/mine.list'), second, second);
    };
    written(1);
    writeFiles(books, { 'debs/mine.deb': deb('1.0') });
    // It came with the image, or from a mirror: nobody knows of what build it is.
    await run({ debs: [file] });
    expect(installs()).toBe(1);
    expect(said).toContainEqual('mine 1.0 is there, maybe of another build: it is installed again');
    await run({ debs: [file] });
    expect(installs()).toBe(1);
    // Somebody installed the mirror's build over it.
    written(2);
    await run({ debs: [file] });
    expect(installs()).toBe(2);
  });

  test('recommended packages come in where they are asked for', async () => {
    const { run, books } = fakeNode();
    const options = () => readFileSync(join(books, 'options'), 'utf8');
    await run({ packages: ['web'] });
    expect(options()).toContain('--no-install-recommends');
    await run({ packages: ['db'], recommends: true });
    expect(options()).toContain(' --install-recommends');
  });
});

describe('package sources', () => {
  test('are written with their keys, force an update, and are put back by the originals', async () => {
    const { run, calls, books, said } = fakeNode();
    const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\nabc\n-----END PGP PUBLIC KEY BLOCK-----';
    const sources = [
      { name: 'acme', uris: 'https://deb.acme.example', suites: 'bookworm', components: 'main', key },
      { name: 'local', uris: 'file:/srv/debs', suites: './/' },
    ];
    await run({ packages: ['web'], sources });
    expect(calls()[0]).toBe('apt-get update');
    const keyFile = join(books, 'apt/keyrings/shakedown-acme.asc');
    expect(readFileSync(keyFile, 'utf8')).toBe(`${key}\n`);
    expect(readFileSync(join(books, 'apt/sources.list.d/shakedown-acme.sources'), 'utf8')).toBe(
      `Types: deb\nURIs: https://deb.acme.example\nSuites: bookworm\nComponents: main\nSigned-By: ${keyFile}\n`,
    );
    expect(readFileSync(join(books, 'apt/sources.list.d/shakedown-local.sources'), 'utf8')).toContain(
      'Trusted: yes\n',
    );
    expect(said).toContain("package source 'local' has no key and is taken as trusted");
    await new Originals(join(books, 'originals')).restore();
    expect(existsSync(join(books, 'apt'))).toBe(false);
  });

  test('names that could leave the folder are refused', async () => {
    const { run, books } = fakeNode();
    mkdirSync(join(books, 'apt'));
    const sources = [{ name: '../x', uris: 'u', suites: 's' }];
    await expect(run({ packages: ['web'], sources })).rejects.toThrow("'../x' is not a name");
    expect(readdirSync(join(books, 'apt'))).toEqual([]);
  });
});
