import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { quote, runScript, type ScriptOptions } from '../../../../main/providers/host/root-script.ts';

test.each(["it's", 'a b', '$(reboot)', '`x`', 'new\nline', '"', '', '\\'])('%j is quoted', (word) => {
  expect(execaSync('bash', ['-c', `printf %s ${quote(word)}`]).stdout).toBe(word);
});

/** As runAsRoot does it where we are root already. */
const run = (script: string, options: ScriptOptions) => runScript([], script, options);

describe('a script', () => {
  const failure = { message: 'could not do it', hint: 'try again' };

  test('gives what the script prints', async () =>
    expect(await run('echo one; echo two', { failure })).toBe('one\ntwo'));

  test('may be run through another command, as sudo is', async () =>
    expect(await runScript(['env', 'GREETING=hello'], 'echo $GREETING', { failure })).toBe('hello'));

  test('has nothing on its stdin', async () => expect(await run('wc -c', { failure })).toBe('0'));

  test('reads no ~/.bashrc, though cron and systemd start us without a shell above', async () => {
    const home = mkdtempSync(join(tmpdir(), 'shakedown-home-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    writeFileSync(join(home, '.bashrc'), 'echo from bashrc\n');
    vi.stubEnv('HOME', home);
    vi.stubEnv('SHLVL', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await run('echo $SHLVL', { failure })).toBe('1');
  });

  test('ends at the first command that fails, with its last lines', async () => {
    const script = 'for i in {1..20}; do echo line $i >&2; done; false; echo not reached >&2';
    await expect(run(script, { failure })).rejects.toMatchObject({
      details: {
        message: 'could not do it',
        hint: 'try again',
        lastLines: expect.toSatisfy((lines: string[]) => lines.length === 12 && lines.at(-1) === 'line 20'),
      },
    });
  });

  test('die tells why', async () =>
    expect(run("die 'no bridge'", { failure })).rejects.toMatchObject({
      details: { lastLines: ['no bridge'] },
    }));

  test('what stderr means goes before the general words', async () => {
    const explain = (stderr: string) => (stderr.includes('No space') ? { message: 'the disk is full' } : {});
    await expect(run("die 'No space left'", { failure, explain })).rejects.toMatchObject({
      details: { message: 'the disk is full', hint: 'try again' },
    });
  });

  test('a script larger than a pipe comes through whole', async () => {
    const script = `${'# filling\n'.repeat(30_000)}echo end`;
    expect(await run(script, { failure })).toBe('end');
  });

  test('an abort ends the script and its children at once', async () => {
    const controller = new AbortController();
    const marker = `31${process.pid}.5`;
    const running = run(`sleep ${marker} & sleep ${marker}`, { signal: controller.signal, failure });
    await expect.poll(() => processes(marker)).toHaveLength(2);
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect.poll(() => processes(marker)).toHaveLength(0);
  });

  test('the script dies with the process that started it, even by SIGKILL', async () => {
    const marker = `32${process.pid}.5`;
    const module = JSON.stringify(
      new URL('../../../../main/providers/host/root-script.ts', import.meta.url).href,
    );
    const code = `import { runScript } from ${module}; await runScript([], 'sleep ${marker}', { failure: { message: '' } });`;
    const owner = execa(process.execPath, ['--input-type=module', '-e', code], { reject: false });
    await expect.poll(() => processes(marker)).toHaveLength(1);
    owner.kill('SIGKILL');
    await owner;
    await expect.poll(() => processes(marker)).toHaveLength(0);
  });
});

const processes = (marker: string): string[] =>
  execaSync('pgrep', ['-x', '-f', `sleep ${marker}`], { reject: false })
    .stdout.split('\n')
    .filter(Boolean);
