import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ownControlGroup } from '../../../common/processes/control-group.ts';
import { processIds, processStat } from '../../../node-agent/proc/process-stat.ts';
import { Starter } from '../../../node-agent/tasks/starter.ts';
import type { StartedProcess, ToStart } from '../../../node-agent/tasks/starter-process.ts';
import { starterProgram } from '../../../node-agent/tasks/starter-program.ts';
import { greetedAgent, isAlive } from '../agent-process.ts';
import { temporaryFolder } from '../temporary.ts';
import { canMakeGroups } from './can-make-groups.ts';

const odd = `it's "$HOME" \\ \`x\` !\n\ttwo ü %s =`;
const env = { PATH: '/usr/bin:/bin', ODD: odd, 'a-b': '1', EMPTY: '' };

/** What starts processes: children of this one that are perl's. */
const helpers = (parent = process.pid): number[] =>
  processIds().filter((pid) => {
    const stat = processStat(pid);
    return stat?.parent === parent && stat.name === 'perl' && stat.state !== 'Z';
  });

async function started(more: Partial<ToStart> & Pick<ToStart, 'argv'>, starter = new Starter()) {
  const process = await starter.start({ cwd: '/', env, group: undefined, input: false, ...more });
  onTestFinished(() => starter.renew());
  return process;
}

/** All that a process says, and how it ends. */
async function said({ stdin, stdout, stderr, ended }: StartedProcess, input = '') {
  if (stdin >= 0) new Socket({ fd: stdin, readable: false, writable: true }).end(input);
  const read = (fd: number) => text(new Socket({ fd, readable: true, writable: false }));
  const [out, error, end] = await Promise.all([read(stdout), read(stderr), ended]);
  return { ...end, out, error };
}

describe('a process that is started', () => {
  test('has the words, the environment and the folder that it is given, whatever letters they have', async () => {
    const cwd = join(temporaryFolder(), odd);
    mkdirSync(cwd);
    const argv = ['sh', '-c', 'printf "%s|" "$ODD" "$PWD" "$@"', 'sh', odd, ''];
    expect((await said(await started({ argv, cwd }))).out).toBe(`${odd}|${cwd}|${odd}||`);
    const all = Object.entries(env).map(([name, value]) => `${name}=${value}\0`);
    expect((await said(await started({ argv: ['env', '-0'] }))).out).toBe(all.join(''));
  });

  test('leads a session of its own, and has its three streams and nothing else open', async () => {
    const process = await started({ argv: ['cut', '-d ', '-f1,6', '/proc/self/stat'] });
    expect((await said(process)).out).toBe(`${process.pid} ${process.pid}\n`);
    const open = ['ls', '/proc/self/fd'] as const;
    const ofAny = execFileSync(open[0], [open[1]], { encoding: 'utf8' });
    expect((await said(await started({ argv: open }))).out).toBe(ofAny);
  });

  test('reads what it is sent, or nothing, and ends with a code or by a signal', async () => {
    const input = 'x'.repeat(3_000_000);
    expect(await said(await started({ argv: ['wc', '-c'], input: true }), input)).toMatchObject({
      out: '3000000\n',
      exitCode: 0,
      signal: null,
    });
    expect((await said(await started({ argv: ['wc', '-c'] }))).out).toBe('0\n');
    const killed = await started({ argv: ['sh', '-c', 'kill -HUP $$'] });
    expect(await said(killed)).toMatchObject({ exitCode: null, signal: 'SIGHUP' });
    expect(await said(await started({ argv: ['sh', '-c', 'exit 255'] }))).toMatchObject({ exitCode: 255 });
  });

  test('is told from many others that run at the same time', async () => {
    const starter = new Starter();
    const codes = Array.from({ length: 40 }, (_, index) => index);
    const of = (code: number) => started({ argv: ['sh', '-c', `echo ${code}; exit ${code}`] }, starter);
    const ends = await Promise.all(codes.map(async (code) => said(await of(code))));
    expect(ends.map(({ exitCode }) => exitCode)).toEqual(codes);
    expect(ends.map(({ out }) => Number(out))).toEqual(codes);
  });

  test('says why it cannot run, as a shell would', async () => {
    const folder = temporaryFolder();
    const script = join(folder, 'script');
    writeFileSync(script, 'echo "$0 $1"', { mode: 0o755 });
    expect(await said(await started({ argv: [script, 'one'] })), 'no #! in it').toMatchObject({
      out: `${script} one\n`,
    });
    const cases: readonly (readonly [ToStart['argv'], string])[] = [
      [['no-such-program'], 'no-such-program: not found\n'],
      [['/nowhere/at/all'], '/nowhere/at/all: not found\n'],
      [['/etc/passwd'], '/etc/passwd: Permission denied\n'],
      [[folder], `${folder}: Permission denied\n`],
    ];
    for (const [argv, error] of cases)
      expect(await said(await started({ argv }))).toMatchObject({ exitCode: 127, error });
    const gone = await said(await started({ argv: ['true'], cwd: '/nowhere' }));
    expect(gone).toMatchObject({ exitCode: 127, error: '/nowhere: No such file or directory\n' });
  });

  test('cannot be one whose words hold what ends a word', async () => {
    const starter = new Starter();
    await expect(started({ argv: ['a\0b'] }, starter)).rejects.toThrow('holds a NUL character');
    await expect(started({ argv: ['true'], env: { A: 'a\0b' } }, starter)).rejects.toThrow('NUL');
  });

  test.runIf(canMakeGroups)('is in the group that it is given from its first moment', async () => {
    const group = ownControlGroup()?.make(`shakedown-test-${process.pid}-starter`);
    onTestFinished(() => vi.waitFor(() => expect(group?.remove()).toBe(true)));
    const { out } = await said(await started({ argv: ['cat', '/proc/self/cgroup'], group }));
    expect(out).toMatch(new RegExp(`^0::.*/shakedown-test-${process.pid}-starter$`, 'm'));
  });
});

describe('who starts processes', () => {
  test('is another one after it has ended, and what it had started is told as lost', async () => {
    const starter = new Starter();
    const before = helpers();
    const running = await started({ argv: ['sleep', '1000'] }, starter);
    onTestFinished(() => void process.kill(running.pid, 'SIGKILL'));
    const [helper = 0] = helpers().filter((pid) => !before.includes(pid));
    process.kill(helper, 'SIGKILL');
    await expect(running.ended).rejects.toThrow('the process that starts commands on the node has ended');
    for (const end of [running.stdout, running.stderr]) closeSync(end);
    expect((await said(await started({ argv: ['echo', 'on'] }, starter))).out).toBe('on\n');
  });

  test('ends when it is renewed and nothing of it runs any more', async () => {
    const starter = new Starter();
    const before = helpers();
    const running = await started({ argv: ['cat'], input: true }, starter);
    const [helper = 0] = helpers().filter((pid) => !before.includes(pid));
    starter.renew();
    expect((await said(await started({ argv: ['echo', 'on'] }, starter))).out).toBe('on\n');
    expect(isAlive(helper)).toBe(true);
    expect(await said(running, 'end')).toMatchObject({ out: 'end', exitCode: 0 });
    await vi.waitFor(() => expect(isAlive(helper)).toBe(false));
  });

  test('knows the processors on which nodes run', () => {
    expect(starterProgram('arm64')).toContain('my ($setsid, $dup3, $chdir, $execve) = (157, 24, 49, 221);');
    expect(starterProgram('mips')).toBeUndefined();
  });

  test('outlives a clean-up, and ends with its agent, be it killed', async () => {
    const agent = await greetedAgent();
    await agent.run('true');
    const [helper = 0] = helpers(agent.child.pid);
    await agent.call('clean', { workingDir: agent.work, keep: [] });
    expect(isAlive(helper)).toBe(true);
    expect((await agent.run('echo on')).stdout).toBe('on\n');
    expect(readFileSync(`/proc/${helper}/environ`, 'utf8')).not.toContain('SHAKEDOWN_AGENT=');
    agent.child.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(helper)).toBe(false), 30_000);
  });

  test('leaves no task behind that nobody can tell the end of', async () => {
    const agent = await greetedAgent();
    const task = agent.run('echo $$ >pid; sleep 1000');
    task.catch(() => undefined);
    const pid = () => Number(readFileSync(join(agent.work, 'pid'), 'utf8'));
    await vi.waitFor(() => expect(pid()).toBeGreaterThan(0), 30_000);
    const [helper = 0] = helpers(agent.child.pid);
    process.kill(helper, 'SIGKILL');
    await expect(task).rejects.toThrow('has ended');
    expect(isAlive(pid())).toBe(false);
    expect((await agent.run('echo on')).stdout).toBe('on\n');
  });
});
