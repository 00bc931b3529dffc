import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { FakeCluster } from '../../../fakes/cluster-under-test.ts';
import { Listener, outcomes, ScenarioFolder, unlimited, withImports } from '../check-files.ts';

/** Tells a file its own process id, and starts a child that would outlive it. */
const telltale = (file: string) =>
  withImports(`
    import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + process.ppid + ' ' + child.pid);
    test('x', () => {});
  `);

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has waited for yet does nothing any more.
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function waitFor(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { interval: 10 }).toBe(true);
}

describe('the host of check files', () => {
  test('has everything loaded when the cluster is ready: the first test begins within milliseconds', async () => {
    using folder = new ScenarioFolder();
    const loaded = join(folder.runDirectory, 'loaded');
    const source = `import { writeFileSync } from 'node:fs';
      test('first', () => {}); writeFileSync(${JSON.stringify(loaded)}, '');`;
    const begin = performance.now();
    await using host = folder.start(folder.write({ 'a.check.ts': withImports(source) }));
    await waitFor(() => existsSync(loaded));
    const loading = performance.now() - begin;
    await sleep(100);
    const ready = performance.now();
    let begun = Number.POSITIVE_INFINITY;
    const listener = new Listener();
    listener.started = () => {
      begun = performance.now() - ready;
    };
    const results = await host.run(new FakeCluster(), listener, unlimited());
    expect(outcomes(results)).toEqual(['pass first']);
    // Milliseconds, where loading takes hundreds: many times more than what is left
    // to do, however busy the machine.
    expect(begun).toBeLessThan(loading / 3);
  });

  test('knows before there is a cluster that no test is wanted, and what there would be', async () => {
    using folder = new ScenarioFolder();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const files = folder.write(
      Object.fromEntries(
        names.map((name) => [`${name}.check.ts`, withImports(`test('${name}', () => {});`)]),
      ),
    );
    await using none = folder.start(files, { filter: 'nothing' });
    expect((await none.noneWanted).toSorted()).toEqual(names);
    await using one = folder.start(files, { filter: 'e' });
    expect(outcomes(await one.run(new FakeCluster(), new Listener(), unlimited()))).toEqual(['pass e']);
    expect(await Promise.race([one.noneWanted, 'one is wanted'])).toBe('one is wanted');
  });

  test('has its temporary files in the run directory, however long its path, and removes them', async () => {
    using folder = new ScenarioFolder();
    const runDirectory = join(folder.runDirectory, 'a'.repeat(120), 'b'.repeat(120));
    mkdirSync(runDirectory, { recursive: true });
    const host = folder.start(folder.write({ 'a.check.ts': withImports("test('x', () => {});") }), {
      runDirectory,
    });
    expect(readdirSync(join(runDirectory, 'tmp'))).toEqual([expect.stringMatching(/^checks-/)]);
    expect(outcomes(await host.run(new FakeCluster(), new Listener(), unlimited()))).toEqual(['pass x']);
    await host[Symbol.asyncDispose]();
    expect(readdirSync(join(runDirectory, 'tmp'))).toEqual([]);
  });

  test('tells each test as it begins and ends', async () => {
    using folder = new ScenarioFolder();
    const source = withImports(
      "test('one', () => {}); test('two', () => new Promise((r) => setTimeout(r, 500)));",
    );
    await using host = folder.start(folder.write({ 'a.check.ts': source }));
    const listener = new Listener();
    const twoEnds = host.run(new FakeCluster(), listener, unlimited());
    await waitFor(() => listener.heard.includes('pass one'));
    expect(listener.heard).not.toContain('pass two');
    await twoEnds;
    expect(listener.heard).toEqual(expect.arrayContaining(['started one', 'started two', 'pass two']));
  });

  test('tells what tests print, and writes it to checks.log under their names', async () => {
    using folder = new ScenarioFolder();
    const printed: string[] = [];
    const listener = Object.assign(new Listener(), {
      output: (name: string, text: string) => printed.push(`${name}: ${text.trim()}`),
    });
    const source = withImports(
      "test('talks', () => { console.log('three members'); console.error('oh'); });",
    );
    {
      await using host = folder.start(folder.write({ 'a.check.ts': source }));
      await host.run(new FakeCluster(), listener, unlimited());
    }
    expect(printed.toSorted()).toEqual(['talks: oh', 'talks: three members']);
    expect(folder.log).toMatch(/Z talks\n {2}three members\n/);
    expect(folder.log).toContain('  oh');
    expect(statSync(join(folder.runDirectory, 'checks.log')).mode & 0o777).toBe(0o600);
  });

  test('heeds no configuration of the scenario’s folder and writes nothing there', async () => {
    using folder = new ScenarioFolder();
    const files = folder.write({ 'a.check.ts': withImports("test('x', () => {});") });
    for (const name of ['vitest.config.ts', 'vite.config.ts', 'postcss.config.cjs', 'tsconfig.json']) {
      writeFileSync(join(folder.directory, name), 'this is no configuration');
    }
    const before = folder.entries;
    await using host = folder.start(files);
    expect(outcomes(await host.run(new FakeCluster(), new Listener(), unlimited()))).toEqual(['pass x']);
    expect(folder.entries).toEqual(before);
  });

  test('ends with all that the check files started when the run ends before the cluster is ready', async () => {
    using folder = new ScenarioFolder();
    const pids = join(folder.runDirectory, 'pids');
    const run = new AbortController();
    {
      await using _host = folder.start(folder.write({ 'a.check.ts': telltale(pids) }), {
        signal: run.signal,
      });
      await waitFor(() => existsSync(pids) && readFileSync(pids, 'utf8') !== '');
      run.abort();
    }
    const [worker = 0, host = 0, child = 0] = readFileSync(pids, 'utf8').split(' ').map(Number);
    await waitFor(() => ![worker, host, child].some(lives));
  });

  test('dies with the main process, even when that is killed', async () => {
    using folder = new ScenarioFolder();
    const pids = join(folder.runDirectory, 'pids');
    const [file = ''] = folder.write({ 'a.check.ts': `${telltale(pids)}\nwhile (true) {}` });
    const program = `
      const { startCheckHost } = await import(${JSON.stringify(join(import.meta.dirname, '../../../../main/checks/vitest/check-host.ts'))});
      startCheckHost(${JSON.stringify({
        files: [file],
        scenarioDirectory: folder.directory,
        runDirectory: folder.runDirectory,
        testTimeout: 10,
      }).replace(/}$/, ', signal: new AbortController().signal, log() {} }')});
      const { existsSync } = await import('node:fs');
      setInterval(() => existsSync(${JSON.stringify(pids)}) && process.kill(process.pid, 'SIGKILL'), 20);`;
    expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', program])).toThrow();
    const [worker = 0, host = 0, child = 0] = readFileSync(pids, 'utf8').split(' ').map(Number);
    await waitFor(() => ![worker, host, child].some(lives));
  });

  test('runs nothing, and starts no process, when there is no check file', async () => {
    using folder = new ScenarioFolder();
    await using host = folder.start([]);
    expect(await host.run(new FakeCluster(), new Listener(), unlimited())).toEqual([]);
  });
});
