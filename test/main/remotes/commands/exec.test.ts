import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { TimeLimitError } from '../../../../common/errors.ts';
import { folder, node } from '../fake-node.ts';

describe('a command and its result', () => {
  test('exit code, stdout and stderr come apart; a non-zero exit is a result', async () => {
    const remote = await (await node()).connect();
    const result = await remote.exec('echo out; echo err >&2; exit 3');
    expect(result).toMatchObject({ exitCode: 3, signal: null, stdout: 'out\n', stderr: 'err\n' });
    expect(result.command).toBe('echo out; echo err >&2; exit 3');
    expect(result.stdoutFile).toBeUndefined();
  });

  test('the end of a command is heard however short it is', async () => {
    const remote = await (await node()).connect();
    const codes = await Promise.all(Array.from({ length: 8 }, (_, code) => remote.exec(`exit ${code}`)));
    expect(codes.map(({ exitCode }) => exitCode)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('packets go out at once: none waits for the acknowledgement of the one before', async () => {
    const fake = await node();
    const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
    const remote = await fake.connect();
    await remote.exec('true');
    const { port } = fake.target;
    expect(noDelay.mock.contexts).toContainEqual(expect.objectContaining({ remotePort: port }));
    expect(noDelay.mock.calls).toContainEqual([true]);
    noDelay.mockRestore();
  });

  test('a command that a signal ended has no exit code', async () => {
    const remote = await (await node()).connect();
    expect(await remote.exec('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  test('an argument list arrives word for word, whatever the words hold', async () => {
    const remote = await (await node()).connect();
    const words = [
      '',
      ' ',
      "it's",
      '"',
      '$HOME',
      '`id`',
      '$(id)',
      'a\nb',
      '*',
      '~',
      '\\',
      '-n',
      'a=b',
      'ü€😀',
      '!',
      '#x',
      ';',
    ];
    const { stdout } = await remote.exec(['printf', '%s\\0', ...words]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(words);
  });

  test('the first word of an argument list is a program, not an assignment', async () => {
    const remote = await (await node()).connect();
    expect(await remote.exec(['A=b', 'true'])).toMatchObject({ exitCode: 127 });
  });

  test('what no shell can take is refused', async () => {
    const remote = await (await node()).connect();
    await expect(remote.exec(['echo', 'a\0b'])).rejects.toThrow('NUL');
    await expect(remote.exec('env', { env: { 'A;id': 'x' } })).rejects.toThrow("'A;id' is no name");
  });

  test('cwd and env are set; a folder that is not there is exit code 1', async () => {
    const remote = await (await node()).connect();
    const cwd = join(folder(), "odd 'name");
    await remote.exec(['mkdir', cwd]);
    const { stdout } = await remote.exec('pwd; printf %s "$GREETING"', {
      cwd,
      env: { GREETING: "it's $HOME" },
    });
    expect(stdout).toBe(`${cwd}\nit's $HOME`);
    expect(await remote.exec('true', { cwd: '/nowhere' })).toMatchObject({ exitCode: 1 });
  });

  test('many commands run at once', async () => {
    const remote = await (await node()).connect();
    const all = await Promise.all(Array.from({ length: 30 }, (_, index) => remote.exec(`echo ${index}`)));
    expect(all.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });
});

describe('stdin', () => {
  test('text, bytes and streams', async () => {
    const remote = await (await node()).connect();
    expect(await remote.exec('cat', { stdin: 'text ü' })).toMatchObject({ stdout: 'text ü' });
    expect(await remote.exec('od -An -tx1', { stdin: Buffer.from([0, 255]) })).toMatchObject({
      stdout: ' 00 ff\n',
    });
    const stream = Readable.from([Buffer.from('a'), Buffer.alloc(5_000_000, 98)]);
    expect(await remote.exec('wc -c', { stdin: stream })).toMatchObject({ stdout: '5000001\n' });
  });

  test('without it the command reads an end at once', async () => {
    const remote = await (await node()).connect();
    expect(await remote.exec('cat')).toMatchObject({ exitCode: 0, stdout: '' });
  });

  test('a command that ends without reading does not wait for a stream that never does', async () => {
    const remote = await (await node()).connect();
    expect(await remote.exec('exit 4', { stdin: new PassThrough() })).toMatchObject({ exitCode: 4 });
    expect(await remote.exec('exit 5', { stdin: Buffer.alloc(8_000_000) })).toMatchObject({ exitCode: 5 });
  });

  test('a source that fails is thrown, and the command ended', async () => {
    const remote = await (await node()).connect();
    const source = new PassThrough();
    const begun = Promise.withResolvers<void>();
    const running = remote.exec('cat; sleep 613', { stdin: source, onStdout: () => begun.resolve() });
    source.write('half');
    await begun.promise;
    source.destroy(new Error('disk broke'));
    await expect(running).rejects.toThrow('disk broke');
    await gone(remote, '[s]leep 613');
  });

  test('a source that has failed before the command began is thrown, too', async () => {
    const remote = await (await node()).connect();
    const source = new PassThrough();
    const running = remote.exec('cat; sleep 614', { stdin: source });
    source.destroy(new Error('disk broke'));
    await expect(running).rejects.toThrow('disk broke');
    await gone(remote, '[s]leep 614');
  });
});

describe('output past the bound', () => {
  test('goes to disk whole, and the result keeps the beginning', async () => {
    const remote = await (await node()).connect();
    const spoolDir = join(folder(), 'made');
    const result = await remote.exec('seq 1 200000; echo short >&2', { maxBuffer: 1000, spoolDir });
    const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(readFileSync(result.stdoutFile ?? '', 'utf8')).toBe(expected);
    expect(result.stdout).toBe(expected.slice(0, 1000));
    expect(result).toMatchObject({ stderr: 'short\n' });
    expect(result.stderrFile).toBeUndefined();
    expect(statSync(result.stdoutFile ?? '').mode & 0o777).toBe(0o600);
    expect(statSync(spoolDir).mode & 0o777).toBe(0o700);
  });

  test('is left out where no folder is given', async () => {
    const remote = await (await node()).connect();
    const result = await remote.exec('seq 1 200000', { maxBuffer: 1000 });
    expect(result.stdout).toHaveLength(1000);
    expect(result.stdoutFile).toBeUndefined();
  });

  test('exactly the bound stays in memory', async () => {
    const remote = await (await node()).connect();
    const result = await remote.exec('printf 12345', { maxBuffer: 5 });
    expect(result).toMatchObject({ stdout: '12345' });
    expect(result.stdoutFile).toBeUndefined();
  });

  test('a character that the bound cuts in two is left out', async () => {
    const remote = await (await node()).connect();
    const spoolDir = folder();
    expect(await remote.exec("printf 'aü€'", { maxBuffer: 4, spoolDir })).toMatchObject({ stdout: 'aü' });
  });

  test('a folder that cannot be written is an error, not a crash', async () => {
    const remote = await (await node()).connect();
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await expect(remote.exec('yes', { maxBuffer: 10, spoolDir: join(file, 'x') })).rejects.toThrow('ENOTDIR');
    await gone(remote, '^yes$');
  });

  test('`stdoutTo` takes it as it comes, and its failure ends the command', async () => {
    const remote = await (await node()).connect();
    let size = 0;
    const slow = new Writable({
      highWaterMark: 1000,
      write(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        setImmediate(done);
      },
    });
    const seen = vi.fn();
    const result = await remote.exec('head -c 3000000 /dev/zero', { stdoutTo: slow, onStdout: seen });
    expect(result.stdout).toBe('');
    expect(size).toBe(3_000_000);
    expect(seen.mock.calls.flat().reduce((sum, chunk) => sum + chunk.length, 0)).toBe(3_000_000);

    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    await expect(remote.exec('yes', { stdoutTo: broken })).rejects.toThrow('EPIPE');
    await gone(remote, '^yes$');
  });
});

describe('limits', () => {
  test('past the time limit the command is ended, with its children, and TimeLimitError thrown', async () => {
    const remote = await (await node()).connect();
    const running = remote.exec('sleep 611 & sleep 611', { timeout: 0.2 });
    await expect(running).rejects.toThrow(TimeLimitError);
    await expect(running).rejects.toThrow('did not finish within 0.2 s');
    await gone(remote, '[s]leep 611');
  });

  test('a cancelled command is ended on the node, even one that ignores SIGTERM', async () => {
    const remote = await (await node()).connect();
    const controller = new AbortController();
    const running = remote.exec("trap '' TERM; echo on; while :; do sleep 612; done", {
      signal: controller.signal,
      onStdout: () => controller.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await gone(remote, '[s]leep 612');
  });

  test('also when the connection is closed right after', async () => {
    const { connect } = await node();
    const [remote, witness] = [await connect(), await connect()];
    const controller = new AbortController();
    const running = remote.exec('echo on; sleep 614', {
      signal: controller.signal,
      onStdout: () => controller.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await remote[Symbol.asyncDispose]();
    await gone(witness, '[s]leep 614');
  });

  test('commands that hang end at their limit also where they use up all sessions', async () => {
    const { connect } = await node({ maxSessions: 2 });
    const remote = await connect();
    const begin = performance.now();
    const hung = ['sleep 616', "trap '' TERM; while :; do sleep 616; done"].map((line) =>
      remote.exec(line, { timeout: 0.5 }).catch((error: unknown) => error),
    );
    for (const error of await Promise.all(hung)) expect(error).toBeInstanceOf(TimeLimitError);
    expect(performance.now() - begin).toBeLessThan(30_000);
    await gone(remote, '[s]leep 616');
    expect(await remote.exec('echo on')).toMatchObject({ stdout: 'on\n' });
  });

  test('many that hang do not keep one another from ending', async () => {
    const remote = await (await node({ maxSessions: 3 })).connect();
    const hung = Array.from({ length: 12 }, () => remote.exec('sleep 617', { timeout: 1 }));
    const errors = await Promise.all(hung.map((each) => each.catch((error: unknown) => error)));
    expect(errors.filter((error) => error instanceof TimeLimitError)).toHaveLength(12);
    await gone(remote, '[s]leep 617');
  });

  test('commands that find no session wait as long as others end, and half a minute where none does', async () => {
    const remote = await (await node({ maxSessions: 1 })).connect();
    const now = performance.now.bind(performance);
    let later = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + later);
    onTestFinished(() => clock.mockRestore());
    const slow = async (word: string) => {
      const { stdout } = await remote.exec(`sleep 0.2; echo ${word}`);
      later += 20_000;
      return stdout;
    };
    const words = ['a', 'b', 'c', 'd'];
    expect(await Promise.all(words.map(slow))).toEqual(words.map((word) => `${word}\n`));

    const long = await remote.spawn('exec sleep 618');
    const refused = remote.exec('true').catch((error: unknown) => error);
    // Once it has begun to wait.
    setTimeout(() => (later += 31_000), 100);
    expect(await refused).toMatchObject({
      message: expect.stringMatching(/^127\.0\.0\.1 opens no channel: /),
    });
    long.kill();
    await long.ended;
  });

  test('a signal that is aborted already starts nothing', async () => {
    const remote = await (await node()).connect();
    const file = join(folder(), 'made');
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(remote.exec(['touch', file], { signal })).rejects.toThrow('too late');
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  test('`spawn` hands over the streams, and `kill` ends it', async () => {
    const remote = await (await node()).connect();
    const child = await remote.spawn('cat; exec sleep 615');
    child.stdin.end('through');
    expect(String(await child.stdout.take(1).toArray())).toBe('through');
    child.kill();
    await child.ended;
    await gone(remote, '[s]leep 615');
  });
});

/** Waits until no command line matches. */
async function gone(remote: { exec(command: string[]): Promise<{ stdout: string }> }, pattern: string) {
  await expect.poll(async () => (await remote.exec(['pgrep', '-f', pattern])).stdout).toBe('');
}
