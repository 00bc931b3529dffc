import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { AgentProcess, greetedAgent, isAlive } from './agent-process.ts';
import { temporaryFolder, writeFiles } from './temporary.ts';

const own = String(process.getuid?.() ?? 0);

describe('greeting', () => {
  test('the node tells what it is', async () => {
    const agent = await greetedAgent();
    const info = await agent.hello();
    expect(info).toMatchObject({
      pid: agent.child.pid,
      arch: process.arch,
      os: { id: expect.stringMatching(/\w/) },
    });
    const { clockMs } = await agent.call('clock', {});
    for (const clock of [info.clockMs, clockMs]) expect(Math.abs(clock - Date.now())).toBeLessThan(20_000);
  });

  test('another version of the protocol is refused', async () => {
    const agent = await greetedAgent();
    await expect(agent.call('hello', { version: '0', runId: 'x' })).rejects.toThrow('version');
  });

  test('comes first', async () => {
    const folder = temporaryFolder();
    const agent = new AgentProcess(join(folder, 'state'), folder);
    await expect(agent.call('services', {})).rejects.toThrow('`hello` comes first');
    await agent.close();
  });

  test('a second run waits for one that is ending', async () => {
    const folder = temporaryFolder();
    const first = await greetedAgent(folder);
    const second = new AgentProcess(join(folder, 'state'), folder);
    const greeted = second.hello('other');
    await first.close();
    expect(await greeted).toMatchObject({ pid: second.child.pid });
    await second.close();
  });
});

describe('another agent of the same run', () => {
  test('takes the node over: services go on, and it knows them', async () => {
    const folder = temporaryFolder();
    const first = await greetedAgent(folder);
    const spec = { name: 'web', command: 'echo one; exec sleep 1000', readyWithin: 60, stopWithin: 5 };
    const { pid = 0 } = await first.start(spec);
    const second = await greetedAgent(folder);
    await vi.waitFor(() => expect(first.child.exitCode).toBe(0));
    expect(isAlive(pid)).toBe(true);
    const resumed = await second.call('resume', { services: [spec], workingDir: second.work });
    expect(resumed).toEqual([{ name: 'web', state: 'ready', lastLines: ['one'] }]);
    expect(await second.call('stopService', { name: 'web' })).toMatchObject({ state: 'stopped' });
    expect(isAlive(pid)).toBe(false);
  });

  test('after a restart finds what ended with it stopped, its log as it was, and starts it again', async () => {
    const folder = temporaryFolder();
    const first = await greetedAgent(folder);
    const spec = { name: 'web', command: 'echo one; exec sleep 1000', readyWithin: 60, stopWithin: 5 };
    await first.start(spec);
    await first.close();
    const second = await greetedAgent(folder);
    const [web] = await second.call('resume', { services: [spec], workingDir: second.work });
    expect(web).toEqual({ name: 'web', state: 'stopped', lastLines: ['one'] });
    const { pid = 0, state } = await second.start(spec);
    expect([state, isAlive(pid)]).toEqual(['ready', true]);
    expect(readFileSync(join(second.state, 'logs/web.log'), 'utf8')).toBe('one\none\n');
    expect(await second.call('resume', { services: [spec], workingDir: second.work })).toMatchObject([
      { pid },
    ]);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(second.died).toMatchObject([{ name: 'web', signal: 'SIGKILL' }]));
  });
});

describe('when the main host goes away', () => {
  test.each(['stdin ends', 'SIGTERM', 'SIGHUP'] as const)('by %s, all that was started ends', async (how) => {
    const agent = await greetedAgent();
    const { pid } = await agent.start({ name: 'web', command: 'exec sleep 1000' });
    await agent.run('sleep 1000 & echo $! > bg');
    const background = Number(readFileSync(join(agent.work, 'bg'), 'utf8'));
    expect([isAlive(pid ?? 0), isAlive(background)]).toEqual([true, true]);
    if (how === 'stdin ends') expect(await agent.close()).toBe(0);
    else {
      agent.child.kill(how);
      expect((await once(agent.child, 'exit'))[0]).toBe(0);
    }
    expect([isAlive(pid ?? 0), isAlive(background)]).toEqual([false, false]);
  });

  test('in the middle of a task, that ends too', async () => {
    const agent = await greetedAgent();
    const step = agent.run('echo $$ > pid; sleep 1000');
    step.catch(() => {});
    const file = join(agent.work, 'pid');
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toMatch(/\d\n/));
    await agent.close();
    expect(isAlive(Number(readFileSync(file, 'utf8')))).toBe(false);
  });

  test('an agent that is killed leaves a guard that ends its services', async () => {
    const agent = await greetedAgent();
    const { pid } = await agent.start({ name: 'web', command: 'exec sleep 1000' });
    agent.child.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid ?? 0)).toBe(false));
  });

  test('placed files stay until the next `clean`', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'etc/app.conf': 'old', 'work/app.conf': 'new' });
    const to = join(folder, 'etc/app.conf');
    const first = await greetedAgent(folder);
    await first.call('place', { files: [{ from: join(folder, 'work/app.conf'), to, owner: own }] });
    await first.close();
    expect(readFileSync(to, 'utf8')).toBe('new');
    const second = await greetedAgent(folder);
    expect(await second.call('clean', { workingDir: second.work, keep: [] })).toEqual({
      unchanged: [],
      restored: [to],
      notRestored: [],
    });
    expect(readFileSync(to, 'utf8')).toBe('old');
  });
});

describe('cleaning', () => {
  test('stops services, forgets their logs and clears the working directory', async () => {
    const agent = await greetedAgent();
    writeFiles(agent.work, { junk: 'x' });
    const { pid } = await agent.start({ name: 'web', command: 'exec sleep 1000' });
    await agent.call('clean', { workingDir: agent.work, keep: [] });
    expect(isAlive(pid ?? 0)).toBe(false);
    expect(existsSync(join(agent.work, 'junk'))).toBe(false);
    expect(existsSync(join(agent.state, 'logs/web.log'))).toBe(false);
    expect(agent.died).toEqual([]);
  });

  test('a working directory that may not be emptied is refused before anything happens', async () => {
    const agent = await greetedAgent();
    await expect(agent.call('clean', { workingDir: '/etc', keep: [] })).rejects.toThrow(
      "'/etc' cannot be the working directory",
    );
    await expect(agent.call('clean', { workingDir: agent.state, keep: [] })).rejects.toThrow(
      'may be emptied',
    );
  });
});

describe('collecting', () => {
  test('plans the working directory and what is asked for', async () => {
    const agent = await greetedAgent();
    mkdirSync(join(agent.work, 'd'));
    writeFileSync(join(agent.work, 'd/f'), 'x');
    const plan = await agent.call('planCollection', {
      workingDir: agent.work,
      globs: ['/nowhere/*.log'],
      maxFileSize: 1000,
    });
    expect(plan).toEqual({ paths: [agent.work], unmatched: ['/nowhere/*.log'], problems: [] });
  });

  test('the reports are what this node can tell', async () => {
    const agent = await greetedAgent();
    await agent.start({
      name: "odd 'name'",
      command: 'echo hello; exec sleep 1000',
      ready: { log: 'hello' },
    });
    const reports = await agent.reports();
    const told = async (name: string) => text(reports.get(name) ?? Readable.from([]));
    expect(await told('odd__name_.log')).toBe('hello\n');
    expect(await told('disks.txt')).toMatch(/ \/$/m);
    expect(await told('addresses.txt')).toContain('127.0.0.1/8');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own fields
    const fields = '${binary:Package}\\t${Version}\\t${db:Status-Abbrev}\\n';
    expect(await told('packages.txt')).toBe(
      execFileSync('dpkg-query', ['-W', '-f', fields], { encoding: 'utf8' }),
    );
  });
});

describe('a node in trouble', () => {
  test('without a place for its state there is still an agent that plans the collection', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { blocked: 'a file where the state should be', 'work/evidence': 'x' });
    const agent = new AgentProcess(join(folder, 'blocked/state'), join(folder, 'work'));
    await agent.hello();
    const plan = await agent.call('planCollection', { workingDir: agent.work, globs: [], maxFileSize: 1000 });
    expect(plan).toEqual({ paths: [agent.work], unmatched: [], problems: [] });
    expect([...(await agent.reports()).keys()]).toContain('disks.txt');
    expect(await agent.close()).toBe(0);
  });
});
