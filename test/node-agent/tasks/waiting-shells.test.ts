import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { processIds, processStat } from '../../../node-agent/proc/process-stat.ts';
import { quoted, taskScript } from '../../../node-agent/tasks/task-script.ts';
import { type AgentProcess, greetedAgent, isAlive } from '../agent-process.ts';
import { canMakeGroups } from './can-make-groups.ts';

/** Shells of an agent that wait for a task. */
const waiting = (agent: AgentProcess): number[] =>
  processIds().filter((pid) => {
    if (processStat(pid)?.parent !== agent.child.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/dev/fd/3');
    } catch {
      return false;
    }
  });

/** The one that waits, once it has joined its group. */
async function shellOf(agent: AgentProcess): Promise<number> {
  await vi.waitFor(() => expect(waiting(agent)).toHaveLength(1), 30_000);
  return waiting(agent)[0] ?? 0;
}

const odd = `it's "$HOME" \\ \`x\` !\n\ttwo ü %s`;

describe.runIf(canMakeGroups)('a shell that waits', () => {
  test('becomes the next task, which is as it would be without', async () => {
    const agent = await greetedAgent();
    const open = 'cat; ls /proc/self/fd | wc -l';
    const first = await agent.run(open);
    const next = async () => String(await shellOf(agent));
    const pid = await next();
    expect((await agent.run('echo $$; kill -9 $$')).stdout.trim()).toBe(pid);

    mkdirSync(join(agent.work, odd));
    const cwd = join(agent.work, odd);
    const argv = [
      'sh',
      '-c',
      'printf "%s|" "$$" "$ODD" "$PWD" "$@"; env | grep -c "^OLDPWD="',
      'sh',
      odd,
      '',
    ];
    const second = await next();
    const said = await agent.run(argv, { cwd, env: { ODD: odd } });
    expect(said.stdout).toBe(`${second}|${odd}|${cwd}|${odd}||0\n`);

    await next();
    expect(await agent.run(['no-such-program'])).toMatchObject({
      exitCode: 127,
      stderr: 'no-such-program: not found\n',
    });
    await next();
    expect((await agent.run(['wc', '-c'], { input: 'x'.repeat(3_000_000) })).stdout).toBe('3000000\n');
    await next();
    expect((await agent.run(open)).stdout, 'nothing more is left open').toBe(first.stdout);
    await next();
    const long = `: ${'x'.repeat(120_000)}; echo end`;
    expect((await agent.run(long)).stdout, 'longer than a pipe holds').toBe('end\n');
    const last = await next();
    await agent.close();
    expect(isAlive(Number(last))).toBe(false);
  });

  test('is in a group of its own, from which nothing escapes', async () => {
    const agent = await greetedAgent();
    await agent.run('true');
    await shellOf(agent);
    const escaping = '(setsid env -i sleep 3000 >/dev/null 2>&1 &); sleep 0.3';
    const { left } = await agent.run(escaping, { leftovers: 'kill' });
    expect(left).toMatchObject([{ command: 'sleep 3000' }]);
    expect(left.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  test('is ended by a clean-up, and the task after that has another', async () => {
    const agent = await greetedAgent();
    await agent.run('true');
    const shell = await shellOf(agent);
    await agent.call('clean', { workingDir: agent.work, keep: [] });
    expect(isAlive(shell)).toBe(false);
    expect((await agent.run('echo on')).stdout).toBe('on\n');
    const killed = await shellOf(agent);
    process.kill(killed, 'SIGKILL');
    await vi.waitFor(() => expect(isAlive(killed)).toBe(false), 30_000);
    expect(await agent.run('echo on')).toMatchObject({ exitCode: 0, stdout: 'on\n' });
  });

  test('ends with an agent that is killed', async () => {
    const agent = await greetedAgent();
    await agent.run('true');
    const shell = await shellOf(agent);
    agent.child.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(shell)).toBe(false), 30_000);
  });
});

describe('what a shell is told', () => {
  const task = { argv: ['true'] as [string], cwd: '/', env: {}, unset: [], input: true };

  test('is quoted such that it comes out as it was', () => {
    expect(execFileSync('sh', ['-c', `printf %s ${quoted(odd)}`], { encoding: 'utf8' })).toBe(odd);
    const script = taskScript({ ...task, argv: ['printf', '%s', odd], unset: ['SUDO_USER'] }, 9);
    const env = { ...process.env, SUDO_USER: 'me' };
    expect(execFileSync('sh', ['-c', script ?? ''], { env, encoding: 'utf8' })).toBe(odd);
  });

  test('leaves to another way what no shell can hand on', () => {
    expect(taskScript({ ...task, env: { 'a-b': '1' } }, 3)).toBe(undefined);
    expect(taskScript({ ...task, env: { PPID: '1' } }, 3)).toBe(undefined);
    expect(taskScript({ ...task, argv: ['a\0b'] }, 3)).toBe(undefined);
    expect(taskScript({ ...task, env: { A: '1' } }, 3)).toContain("export A='1'");
  });
});
