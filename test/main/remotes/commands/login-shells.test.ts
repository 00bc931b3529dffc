import { randomBytes } from 'node:crypto';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, node } from '../fake-node.ts';

/** Words that one shell or another reads as something else. */
const words = [
  ...['', ' ', "it's", '"', '$HOME', '`id`', '$(id)', 'a\nb', '*', '~', '\\', '\\\\', 'a\\\\b', "\\'", '-n'],
  ...[
    'a=b',
    'ü€😀',
    '!',
    '!!',
    '!$',
    '#x',
    ';',
    '%',
    '%0041',
    '100%s',
    '^a^b',
    '{a,b}',
    '[x]',
    '\t\r\v',
    '=ls',
  ],
];

const shells = ['sh', 'bash', 'fish', 'tcsh', 'bsd-csh', 'zsh', 'mksh'];

test.each(shells)(
  'words arrive as they were sent, whatever they hold, where the login has %s',
  async (shell) => {
    const remote = await (await node({ shell: `/bin/${shell}`, env: { HOME: folder() } })).connect();
    const { stdout, stderr } = await remote.exec(['printf', '%s\\0', ...words]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(words);
    expect(stderr).toBe('');
    const long = randomBytes(20_000).toString('base64');
    expect(await remote.exec(['printf', '%s', long])).toMatchObject({ exitCode: 0, stdout: long });
    expect(await remote.exec('kill -KILL $$')).toMatchObject({ signal: 'SIGKILL' });
    const env = { WORDS: words.join('') };
    expect(await remote.exec('pwd; printf %s "$WORDS"', { env, cwd: '/usr' })).toMatchObject({
      stdout: `/usr\n${words.join('')}`,
    });
  },
);

test.each(shells)(
  'a command past its time limit is ended with its children where the login has %s',
  async (shell) => {
    const remote = await (await node({ shell: `/bin/${shell}`, env: { HOME: folder() } })).connect();
    const mark = `33${process.pid}.${shells.indexOf(shell)}`;
    const running = remote.exec(`sleep ${mark} & setsid sleep ${mark}; wait`, { timeout: 1 });
    await expect(running).rejects.toThrow(/did not finish within 1 s/);
    const left = async () => (await remote.exec(`pgrep -f "[s]leep ${mark}"`)).stdout;
    await expect.poll(left).toBe('');
  },
);

test.each(shells)(
  'root is had by doas, with the words as they were sent, where the login has %s',
  async (shell) => {
    const programs = folder();
    for (const name of new Set(['sh', 'env', 'printf', shell]))
      symlinkSync(`/usr/bin/${name}`, join(programs, name));
    const doas = '#!/bin/sh\n[ "$1 $2" = "-n --" ] || exit 9\nshift 2\nexec "$@"\n';
    writeFileSync(join(programs, 'doas'), doas, { mode: 0o755 });
    const env = { HOME: folder(), PATH: programs };
    const remote = await (await node({ shell: `/bin/${shell}`, env }, 'joe')).connect();
    const { stdout, stderr } = await remote.exec(['printf', '%s\\0', ...words], { root: true });
    expect(stdout.split('\0').slice(0, -1)).toEqual(words);
    expect(stderr).toBe('');
  },
);
