import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hostMirror, mirrorAt, sourcesList } from '../../../../main/providers/debian/apt-mirror.ts';
import { releaseNamed } from '../../../../main/providers/debian/releases.ts';

/** A main host's files below a folder of its own; the path ends in a slash. */
function host(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'shakedown-host-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return `${root}/`;
}

const debian = { 'etc/os-release': 'NAME="Debian GNU/Linux"\nID=debian\n' };
const ours = {
  main: 'http://mirror.example.org/debian',
  security: 'http://mirror.example.org/debian-security',
};
const official = { main: 'http://deb.debian.org/debian', security: 'http://deb.debian.org/debian-security' };

describe('the mirror that the main host uses', () => {
  test('is found in one-line sources', async () => {
    const list = `# deb http://old.example.org/debian bookworm main
deb http://mirror.example.org/debian/ bookworm main contrib # the archive
deb [arch=amd64 signed-by=/x.gpg] http://mirror.example.org/debian bookworm-updates main
deb http://mirror.example.org/debian-security bookworm-security main
`;
    expect(await hostMirror(host({ ...debian, 'etc/apt/sources.list': list }))).toEqual(ours);
  });

  test('is found in deb822 sources, whatever their order and folding', async () => {
    const sources = `Types: deb deb-src
# a comment
URIs: http://mirror.example.org/debian
Suites: bookworm
 bookworm-updates
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example.org/debian-security
Suites: bookworm-security
Components: main

Types: deb
Uris: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main
`;
    const files = { ...debian, 'etc/apt/sources.list.d/debian.sources': sources };
    expect(await hostMirror(host(files))).toEqual(ours);
  });

  test('is not taken from another archive that has a suite of the same name', async () => {
    const list = 'deb https://packages.example.com/tool bookworm main\n';
    const files = { ...debian, 'etc/apt/sources.list.d/tool.list': list };
    expect(await hostMirror(host(files))).toEqual(official);
  });

  test('is deb.debian.org where the main host is no Debian, or a disc', async () => {
    const ubuntu =
      'deb http://archive.example.org/ubuntu noble main\ndeb http://archive.example.org/ubuntu noble-updates main\n';
    expect(
      await hostMirror(host({ 'etc/os-release': 'ID=ubuntu\n', 'etc/apt/sources.list': ubuntu })),
    ).toEqual(official);
    const disc = 'deb cdrom:[x]/ bookworm main\ndeb cdrom:[x]/ bookworm-updates main\n';
    expect(await hostMirror(host({ ...debian, 'etc/apt/sources.list': disc }))).toEqual(official);
    expect(await hostMirror(host({}))).toEqual(official);
  });
});

test('a mirror has its security archive beside it, if its path is laid out as Debian’s', () => {
  expect(mirrorAt('https://mirror.example.org/debian/').security).toBe(
    'https://mirror.example.org/debian-security',
  );
  expect(mirrorAt('https://mirror.example.org/pub').security).toBe(official.security);
});

describe('Ubuntu’s mirror', () => {
  test('is its own where the main host is no Ubuntu', async () => {
    const { main, security } = await hostMirror(host(debian), 'ubuntu');
    expect([main, security].every((uri) => /^http:\/\/[a-z]+\.ubuntu\.com\/ubuntu/.test(uri))).toBe(true);
  });

  test('is the main host’s where that is Ubuntu', async () => {
    const sources = `Types: deb
URIs: http://mirror.example.org/ubuntu/
Suites: noble noble-updates noble-backports
Components: main universe

Types: deb
URIs: http://security.ubuntu.com/ubuntu/
Suites: noble-security
Components: main universe
`;
    const files = { 'etc/os-release': 'ID=ubuntu\n', 'etc/apt/sources.list.d/ubuntu.sources': sources };
    expect(await hostMirror(host(files), 'ubuntu')).toEqual({
      main: 'http://mirror.example.org/ubuntu',
      security: 'http://security.ubuntu.com/ubuntu',
    });
  });

  test('has the security updates in it when it is named', () =>
    expect(mirrorAt('http://mirror.example.org/ubuntu/', 'ubuntu')).toEqual({
      main: 'http://mirror.example.org/ubuntu',
      security: 'http://mirror.example.org/ubuntu',
    }));
});

describe('sources', () => {
  const suites = (name: string) => sourcesList(releaseNamed(name), ours).match(/ \S+ main.*$/gm);

  test('of Debian’s stable releases have updates and security, those of rolling ones only themselves', () => {
    expect(suites('trixie')).toEqual([' trixie main', ' trixie-updates main', ' trixie-security main']);
    expect(suites('sid')).toEqual([' sid main']);
    expect(suites('testing')).toEqual([' testing main']);
  });

  test('of Ubuntu have its two free components, and trust the keys that are in its trees', () => {
    expect(suites('noble')).toEqual([
      ' noble main universe',
      ' noble-updates main universe',
      ' noble-security main universe',
    ]);
    expect(sourcesList(releaseNamed('noble'), ours)).not.toContain('signed-by');
    expect(sourcesList(releaseNamed('bookworm'), ours)).toContain('signed-by');
  });
});
