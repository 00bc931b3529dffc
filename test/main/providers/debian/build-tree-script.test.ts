import { join } from 'node:path';
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { buildTreeScript, proxyValues } from '../../../../main/providers/debian/build-tree-script.ts';
import { shellFile } from '../../../../main/providers/host/shell-file.ts';

const build = {
  trees: '/cache/it’s $HOME',
  tree: '/cache/it’s $HOME/bookworm-0',
  release: { distribution: 'debian' as const, suite: 'bookworm' },
  keyring: '/a key ring.gpg',
  cache: 'http://127.0.0.1:8000',
  sources: 'deb http://deb.debian.org/debian bookworm main\n',
  packages: ['hello'],
  rebuild: false,
  env: { http_proxy: "http://user:pa'ss@proxy:3128" },
};

test('the script is what bash takes for one', () => {
  const options = { input: buildTreeScript(build), reject: false } as const;
  expect(execaSync('bash', ['-n'], options).stderr).toBe('');
});

test('a proxy in the environment is passed on, since sudo keeps it back', () => {
  const folder = join(import.meta.dirname, '../../../../main/providers/debian');
  const exported = (env: NodeJS.ProcessEnv) => {
    const script = `apt-config() { :; }\n${shellFile(folder, 'proxies.sh', proxyValues(env))}\nexport -p`;
    const { stdout } = execaSync('bash', ['-euc', script], {
      extendEnv: false,
      env: { PATH: process.env.PATH },
    });
    return stdout.split('\n').filter((line) => line.includes('proxy'));
  };
  expect(exported(build.env)).toEqual([`declare -x http_proxy="http://user:pa'ss@proxy:3128"`]);
  expect(exported({})).toEqual([]);
});
