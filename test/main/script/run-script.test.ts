import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { ControlGroup, ownControlGroup } from '../../../common/processes/control-group.ts';
import { listRuns } from '../../../main/record/list-runs.ts';
import { runScript } from '../../../main/script/run-script.ts';
import { readKeptCluster } from '../../../main/store/kept-cluster.ts';
import { isAlive } from '../../node-agent/agent-process.ts';
import { canMakeGroups } from '../../node-agent/tasks/can-make-groups.ts';
import { folder } from '../remotes/fake-node.ts';
import { runs, type ScriptPlace, scriptPlace, sink } from './script-world.ts';

const only = (run: Awaited<ReturnType<ScriptPlace['run']>>) => {
  const [outcome] = run.machines;
  if (!outcome?.result || run.machines.length > 1) throw new Error(JSON.stringify(run));
  return outcome.result;
};

describe('a script', () => {
  test('gets its arguments and environment as they are, and gives its outputs and exit code', async () => {
    const place = await scriptPlace();
    place.write('it.sh', '#!/bin/sh\nprintf "%s|" "$@" "$X"; echo err >&2; exit 7\n');
    const [stdout, stderr] = [sink(), sink()];
    const run = await place.run({
      script: 'it.sh',
      args: ['a b', "it's", '$HOME', ''],
      env: { X: 'one\n"two" $three' },
      ...{ stdout, stderr },
    });
    const expected = 'a b|it\'s|$HOME||one\n"two" $three|';
    expect(run).toMatchObject({ exitCode: 7, verdict: 'fail', interrupted: false, failures: [] });
    expect(only(run)).toMatchObject({ exitCode: 7, timedOut: false, stdout: expected, stderr: 'err\n' });
    expect([stdout.text(), stderr.text()]).toEqual([expected, 'err\n']);
    expect(readFileSync(only(run).stdoutFile, 'utf8')).toBe(expected);
    expect(place.asked).toEqual(['create 1', 'destroy']);
  });

  test('need be neither executable nor have a #! line, nor be a file', async () => {
    const place = await scriptPlace();
    place.write('plain', 'echo "I am $0"; cat\n', 0o600);
    expect(only(await place.run({ script: 'plain' })).stdout).toMatch(/^I am .*\/plain\n$/);
    expect(only(await place.run({ script: { text: 'exit 4' } })).exitCode).toBe(4);
  });

  test('starts in an empty folder, or in a copy of the one it takes along, and at its own place in that', async () => {
    const place = await scriptPlace();
    mkdirSync(join(place.directory, 'tree/bin'), { recursive: true });
    mkdirSync(join(place.directory, 'tree/.shakedown'));
    writeFileSync(join(place.directory, 'tree/data'), 'data\n');
    place.write('tree/bin/here.sh', '#!/bin/sh\nls -A; cat "$(dirname "$0")/../data"\n');
    place.write('outside.sh', 'ls -A; umask\n');
    expect(only(await place.run({ script: 'outside.sh' })).stdout).toBe('0022\n');
    const taken = await place.run({ script: 'tree/bin/here.sh', with: 'tree' });
    expect(only(taken).stdout).toBe('bin\ndata\ndata\n');
    expect(only(await place.run({ script: 'outside.sh', with: 'tree' })).stdout).toBe('bin\ndata\n0022\n');
  });

  test('may be called like a file of ours', async () => {
    const place = await scriptPlace();
    for (const name of ['launch', 'work', 'group', 'cgroup', 'left']) {
      place.write(name, 'echo fine\n');
      expect(only(await place.run({ script: name })).stdout).toBe('fine\n');
    }
  });

  test('that kills its shell ends by that signal, as in a shell', async () => {
    const place = await scriptPlace();
    expect(only(await place.run({ script: { text: 'kill -KILL $$' } })).exitCode).toBe(137);
    expect(only(await place.run({ script: { text: 'kill -KILL $PPID; exit 3' } })).exitCode).toBe(137);
    expect(only(await place.run({ script: { text: 'kill -TERM 0' } })).exitCode).toBe(143);
  });

  test('does not wait for what it leaves in the background with its output open', async () => {
    const place = await scriptPlace();
    const text =
      'sleep 300 & (trap "" TERM; exec setsid sleep 301) & sleep 302 >/dev/null 2>&1 & echo $!; exit 5';
    const result = only(await place.run({ script: { text } }));
    expect(result.exitCode).toBe(5);
    expect(result.problems.join()).toMatch(/left in the background .*sleep 300/);
    expect(result.problems.join()).not.toContain('sleep 302');
    const other = Number(result.stdout);
    expect(process.kill(other, 0), 'what has its output elsewhere goes on').toBe(true);
    process.kill(other, 'SIGKILL');
  });

  test('that needs a terminal or a program that is not there is told what may help', async () => {
    const place = await scriptPlace();
    const needy = only(await place.run({ script: { text: 'stty size' } }));
    expect(needy.problems).toEqual(['the script seems to need a terminal: --tty gives it one']);
    const odd = only(await place.run({ script: { text: '#!/usr/bin/env no-such-thing\n' } }));
    expect(odd.exitCode).toBe(127);
    expect(odd.problems.join()).toContain('the machine has no no-such-thing');
  });
});

describe('who runs it', () => {
  const sudo = (text: string) => {
    const bin = folder();
    writeFileSync(join(bin, 'sudo'), `#!/bin/sh\n${text}`, { mode: 0o755 });
    return { user: 'joe', env: { PATH: `${bin}:/usr/bin:/bin` } };
  };

  test('is root, by sudo where the login is another user, unless told otherwise', async () => {
    const place = await scriptPlace(
      {},
      sudo('while [ "$1" != -- ]; do shift; done; shift; export BY=sudo; exec "$@"\n'),
    );
    const script = { text: 'echo "by $BY"' };
    expect(only(await place.run({ script })).stdout).toBe('by sudo\n');
    expect(only(await place.run({ script, root: false })).stdout).toBe('by \n');
  });

  test('is told when the user may not become root', async () => {
    const place = await scriptPlace({}, sudo('echo "sudo: a password is required" >&2; exit 1\n'));
    const run = await place.run({ script: { text: 'true' } });
    expect(run.exitCode).toBe(3);
    expect(run.failures[0]).toMatchObject({
      message: expect.stringContaining("'joe' may not run commands as root"),
      hint: expect.stringContaining('NOPASSWD'),
    });
  });
});

describe('its outputs', () => {
  test('past a MiB are whole in their files only', async () => {
    const place = await scriptPlace();
    const text = 'head -c 3000000 /dev/zero | tr "\\0" x; echo end';
    const { stdout, stdoutFile } = only(await place.run({ script: { text } }));
    expect(stdout).toHaveLength(1024 ** 2);
    expect(readFileSync(stdoutFile, 'utf8')).toMatch(/x{100}end\n$/);
  });

  test('whose reader has gone end it with 141, as in a shell', async () => {
    const place = await scriptPlace();
    const stdout = sink();
    stdout._write = (_chunk, _encoding, done) =>
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect((await place.run({ script: { text: 'yes' }, stdout })).exitCode).toBe(141);
    expect(place.asked).toEqual(['create 1', 'destroy']);
  });
});

describe('its time limit', () => {
  test('asks it to end, and gives 124, as timeout(1)', async () => {
    const place = await scriptPlace();
    const text = 'trap "echo tidied; exit 3" TERM; echo on; while :; do sleep 0.1; done';
    const result = only(await place.run({ script: { text }, timeout: 1 }));
    expect(result).toMatchObject({ exitCode: 124, timedOut: true, stdout: 'on\ntidied\n' });
  });

  test('kills what will not hear', async () => {
    const place = await scriptPlace();
    const text = 'trap "" TERM; echo $$; while :; do sleep 0.1; done';
    const result = only(await place.run({ script: { text }, timeout: 0.5 }));
    expect(result).toMatchObject({ exitCode: 124, timedOut: true });
    expect(runs(Number(result.stdout))).toBe(false);
  });
});

describe('files', () => {
  const text =
    'mkdir -p dist/deep; for f in dist/a.deb "dist/b c.deb" dist/deep/d.deb dist/no; do echo $f > "$f"; done; exit 3';

  test('that patterns name come back, after a failure too', async () => {
    const place = await scriptPlace();
    const get = ['dist/*.deb', '**/d.deb', 'none/*', "it's;$(touch /tmp/x)", '/etc/hostname'];
    const run = await place.run({ script: { text }, get, out: 'got' });
    const got = (path: string) => join(place.directory, 'got', path);
    expect(run.exitCode).toBe(3);
    const expected = ['dist/a.deb', 'dist/b c.deb', 'dist/deep/d.deb', 'etc/hostname'].map(got);
    expect(only(run).files).toEqual(expected);
    expect(readFileSync(join(run.directory, 'nodes/0/to_deploy/script'), 'utf8')).toBe(text);
    expect(readFileSync(got('dist/a.deb'), 'utf8')).toBe('dist/a.deb\n');
    expect(existsSync(got('dist/no'))).toBe(false);
    expect(only(run).problems).toEqual([
      "nothing on the machine matches 'none/*'",
      "nothing on the machine matches 'it's;$(touch /tmp/x)'",
    ]);
  });

  test('lie in the run’s directory when nothing else is said; folders come whole', async () => {
    const place = await scriptPlace();
    const run = await place.run({ script: { text }, get: ['dist'] });
    const files = join(run.directory, 'nodes/0/files');
    expect(only(run).files).toContain(join(files, 'dist/deep/d.deb'));
    expect(readdirSync(files)).toEqual(['dist']);
  });
});

describe('links that patterns name', () => {
  const text = `mkdir -p out/runs/7 elsewhere; echo seven > out/runs/7/log; echo far > elsewhere/far
    ln -s runs/7 out/latest; ln -s "$PWD/elsewhere" out/far; ln -s far out/far-again; ln -s ../elsewhere/far out/file
    ln -s nowhere out/broken; ln -s /proc/version out/version`;

  test('bring what they lead to, under their names, and are told where that is nothing', async () => {
    const place = await scriptPlace();
    const run = await place.run({ script: { text }, get: ['out/*', '/proc/cpuinfo'], out: 'got' });
    const got = (path: string) => join(place.directory, 'got/out', path);
    for (const name of ['far/far', 'far-again/far', 'file'])
      expect(readFileSync(got(name), 'utf8')).toBe('far\n');
    expect(lstatSync(got('far')).isDirectory()).toBe(true);
    // What it leads to has come as well.
    expect(readlinkSync(got('latest'))).toBe('runs/7');
    expect(readFileSync(got('latest/log'), 'utf8')).toBe('seven\n');
    expect(only(run).problems.map((problem) => problem.replace(/^.*out\//, ''))).toEqual([
      'broken: a link to nowhere, which is not there',
      'version: a link to /proc/version: no file on a disk; let a command print it',
      '/proc/cpuinfo: no file on a disk; let a command print it',
    ]);
    expect(readlinkSync(got('broken'))).toBe('nowhere');
  });
});

describe('on several machines', () => {
  test('lines have the machine’s name before them, and the first code that is not 0 counts', async () => {
    const place = await scriptPlace();
    const [stdout, stderr] = [sink(), sink()];
    const text = 'echo one; echo two >&2; printf last; touch got; exit 4';
    const run = await place.run({
      script: { text },
      ...{ stdout, stderr, get: ['got'], out: 'out' },
      machines: [{ name: 'db' }, { name: 'web', count: 2 }],
    });
    expect(run.machines.map(({ name }) => name)).toEqual(['db', 'web-0', 'web-1']);
    expect(run.exitCode).toBe(4);
    const lines = [
      'db    | last',
      'db    | one',
      'web-0 | last',
      'web-0 | one',
      'web-1 | last',
      'web-1 | one',
    ];
    expect(stdout.text().trimEnd().split('\n').sort()).toEqual(lines);
    expect(stderr.text()).toContain('web-1 | two\n');
    expect(run.machines[2]?.result?.files).toEqual([join(place.directory, 'out/web-1/got')]);
    expect(place.asked.toSorted()).toEqual(['create 1', 'create 2', 'destroy', 'destroy']);
  });

  test('one that fails does not keep the others from their results', async () => {
    const place = await scriptPlace({
      create: ([name]) => {
        if (name === 'a') throw new ShakedownError({ message: 'no more memory' });
      },
    });
    const run = await place.run({ script: { text: 'exit 0' }, machines: [{ name: 'a' }, { name: 'b' }] });
    expect(run.machines[0]).toMatchObject({ name: 'a', error: { message: 'no more memory' } });
    expect(run.machines[1]?.result?.exitCode).toBe(0);
    expect(run).toMatchObject({ exitCode: 3, verdict: 'error', failures: [{ message: 'no more memory' }] });
  });
});

describe('machines', () => {
  test('that are kept are the folder’s, until another run keeps some', async () => {
    const place = await scriptPlace();
    const script = { text: 'exit 1' };
    await place.run({ script, keep: 'always', machines: [{ name: 'a' }, { name: 'b', count: 2 }] });
    const kept = await readKeptCluster(place.directory);
    expect(kept?.cluster.machines.map(({ id, name }) => `${id} ${name}`)).toEqual(['0 a', '1 b-0', '2 b-1']);
    expect(kept?.others).toHaveLength(1);
    await place.run({ script: { text: 'exit 0' } });
    expect((await readKeptCluster(place.directory))?.run).toBe(kept?.run);
    place.asked.length = 0;
    await place.run({ script: { text: 'exit 0' }, keep: 'on-failure' });
    expect(place.asked).toEqual(['destroy', 'destroy', 'create 1', 'destroy']);
    expect(await readKeptCluster(place.directory)).toBeUndefined();
  });

  test('of a failed script stay with keep on-failure', async () => {
    const place = await scriptPlace();
    const run = await place.run({ script: { text: 'exit 1' }, keep: 'on-failure' });
    expect(only(run).machine).toMatchObject({ kept: true, name: 'node0' });
    expect(place.asked).toEqual(['create 1', 'keep']);
  });

  test('that were there before are left as they were, even when the connection breaks', async () => {
    const place = await scriptPlace({}, { borrowed: true });
    const result = only(await place.run({ script: { text: 'pwd; touch mine' } }));
    expect(existsSync(result.stdout.trim())).toBe(false);
    const stdout = sink();
    let at = '';
    stdout.write = (chunk: Buffer) => {
      at = String(chunk).trim();
      place.server.drop();
      return true;
    };
    const broken = await place.run({ script: { text: 'pwd; sleep 60' }, stdout });
    expect(broken).toMatchObject({ exitCode: 3, verdict: 'error' });
    expect(broken.failures[0]?.message).toContain('the connection broke though the machine is up');
    await expect.poll(() => existsSync(at)).toBe(false);
  });

  /**
   * Without its environment, in a session of its own, and a child of nobody
   * that is known; its id is in `pid`.
   */
  const escaping =
    '(setsid env -i sleep 3900 >/dev/null 2>&1 & echo $! >pid)\n' +
    // Until it is the program that it is told as.
    `until tr '\\0' ' ' </proc/$(cat pid)/cmdline | grep -q '^sleep'; do :; done`;

  test.runIf(canMakeGroups)('lose what a script left running, however it got away; it is told', async () => {
    const place = await scriptPlace({}, { borrowed: true });
    const { problems, stdout } = only(await place.run({ script: { text: `${escaping}; cat pid` } }));
    expect(problems).toEqual([`ended what the script left running: ${stdout.trim()} (sleep 3900)`]);
    expect(isAlive(Number(stdout))).toBe(false);
    const out = sink();
    let pid = 0;
    out.write = (chunk: Buffer) => {
      pid = Number(chunk);
      place.server.drop();
      return true;
    };
    await place.run({ script: { text: `${escaping}; cat pid; sleep 60` }, stdout: out });
    await expect.poll(() => isAlive(pid)).toBe(false);
    const own = ownControlGroup()?.directory ?? '';
    const groups = () => readdirSync(own).filter((name) => name.startsWith('shakedown-script-'));
    await expect.poll(groups).toEqual([]);
  });

  test.runIf(canMakeGroups)('keep it where they are kept', async () => {
    const place = await scriptPlace({}, { borrowed: true });
    const { problems, stdout } = only(
      await place.run({ script: { text: `${escaping}; cat pid; exit 1` }, keep: 'on-failure' }),
    );
    expect(problems).toEqual([]);
    const pid = Number(stdout);
    expect(isAlive(pid)).toBe(true);
    const group = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
    expect(group).toContain('/shakedown-script-');
    const made = new ControlGroup(
      join(ownControlGroup()?.directory ?? '', group.trim().split('/').at(-1) ?? ''),
    );
    made.kill();
    await expect.poll(() => made.remove()).toBe(true);
  });

  test('that cannot be destroyed are told of, though the script did well', async () => {
    const destroy = () => {
      throw new Error('device is busy');
    };
    const place = await scriptPlace({ destroy });
    const run = await place.run({ script: { text: 'exit 0' } });
    expect(run).toMatchObject({
      exitCode: 3,
      failures: [
        { phase: 'destroy', message: 'device is busy', hint: "finish the clean-up with 'shakedown reap'" },
      ],
    });
  });

  test('that cannot be made nor destroyed: the first counts, and the second is told', async () => {
    const fails = (message: string) => () => {
      throw new Error(message);
    };
    const place = await scriptPlace({ create: fails('no room left'), destroy: fails('device is busy') });
    const run = await place.run({ script: { text: 'exit 0' } });
    expect(run).toMatchObject({ exitCode: 3, failures: [{ message: 'no room left' }] });
    expect(place.notes.join()).toContain("could not be taken away (device is busy): run 'shakedown reap'");
  });
});

describe('an interrupt', () => {
  test.each(['create', 'connect', 'destroy'] as const)('during %s leaves nothing', async (stage) => {
    const interrupt = new AbortController();
    const place = await scriptPlace({
      [stage]: () => {
        interrupt.abort();
        if (stage === 'create') interrupt.signal.throwIfAborted();
      },
    });
    const run = await place.run({ script: { text: 'exit 0' }, signal: interrupt.signal });
    expect(run.exitCode).toBe(stage === 'destroy' ? 0 : 130);
    expect(place.asked).toEqual(['create 1', 'destroy']);
  });

  test('ends the script, brings its files home and destroys the machine', async () => {
    const interrupt = new AbortController();
    const place = await scriptPlace();
    const stdout = sink();
    stdout.write = () => {
      interrupt.abort();
      return true;
    };
    const text = 'echo half > result; echo $$ > pid; echo on; sleep 60';
    const run = await place.run({
      script: { text },
      get: ['result', 'pid'],
      out: 'out',
      stdout,
      signal: interrupt.signal,
    });
    expect(run).toMatchObject({ exitCode: 130, interrupted: true, verdict: 'error' });
    expect(readFileSync(join(place.directory, 'out/result'), 'utf8')).toBe('half\n');
    const pid = Number(readFileSync(join(place.directory, 'out/pid'), 'utf8'));
    await expect.poll(() => runs(pid)).toBe(false);
    expect(place.asked).toEqual(['create 1', 'destroy']);
  });
});

describe('runScript, for one machine,', () => {
  test('gives the result, or throws what kept it from having one', async () => {
    const { directory, world } = await scriptPlace();
    const options = { directory, cacheDir: directory };
    const result = await runScript({ ...options, script: { text: 'echo hi; exit 2' } }, world);
    expect(result).toMatchObject({
      exitCode: 2,
      stdout: 'hi\n',
      files: [],
      machine: { name: 'node0', kept: false },
    });
    expect(Object.keys(result.durations)).toEqual(['spawn', 'connect', 'send', 'run', 'get', 'destroy']);
    const failing = await scriptPlace({
      create: () => {
        throw new ShakedownError({ message: 'no more memory' });
      },
    });
    await expect(runScript({ ...options, script: { text: '' } }, failing.world)).rejects.toThrow(
      'no more memory',
    );
    await expect(runScript({ ...options, script: 'none.sh' }, world)).rejects.toThrow(UsageError);
    const aborted = AbortSignal.abort();
    await expect(runScript({ ...options, script: { text: '' }, signal: aborted }, world)).rejects.toThrow(
      'interrupted',
    );
  });

  test('may be called many times at once in one folder', async () => {
    const { directory, world } = await scriptPlace();
    const options = { directory, cacheDir: directory };
    const texts = ['exit 1', 'exit 2', 'exit 3'];
    const results = await Promise.all(
      texts.map((text) => runScript({ ...options, script: { text } }, world)),
    );
    expect(results.map(({ exitCode }) => exitCode)).toEqual([1, 2, 3]);
    const listed = await listRuns(directory);
    expect(listed.map(({ record }) => record?.exitCode).sort()).toEqual([1, 2, 3]);
    expect(existsSync(join(directory, '.shakedown/lock'))).toBe(false);
    const both = [
      runScript({ ...options, script: { text: 'sleep 0.5' } }, world),
      runScript({ ...options, script: { text: 'exit 0' }, keep: 'always' }, world),
    ];
    const [first, second] = await Promise.allSettled(both);
    expect(first?.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { name: 'UsageError' } });
  });
});
