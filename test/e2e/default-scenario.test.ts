import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../main/record/run-result.ts';
import { clusterIds, leftovers, result, shakedown } from './harness.ts';

const root = join(import.meta.dirname, '../..');

describe.each([
  {
    name: 'etcd',
    folder: root,
    nodes: 3,
    checks: ['with the leader stopped', 'catches up when it comes back'],
  },
  { name: 'rabbitmq', folder: join(root, 'examples/rabbitmq'), nodes: 3, checks: ['quorum queue'] },
])('the $name scenario, from apt packages on nspawn nodes', ({ folder, nodes, checks }) => {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-e2e-'));
  let run: RunResult;
  let output: Awaited<ReturnType<typeof shakedown>>;

  beforeAll(async () => {
    output = await shakedown(directory, ['run', folder]);
    run = result(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('passes, and says so in its last line', () => {
    expect(output.all).toMatch(/PASS .*\n?$/);
    expect(output.exitCode).toBe(0);
    expect(run.verdict).toBe('pass');
  });

  test('makes every check that the scenario promises', () => {
    expect(run.checks.filter((check) => check.verdict !== 'pass')).toEqual([]);
    for (const name of checks) expect(run.checks.some((check) => check.name.includes(name))).toBe(true);
  });

  test('brings home what was sent, what came back and the logs of every node', () => {
    for (let node = 0; node < nodes; node++) {
      const home = join(directory, 'nodes', String(node));
      expect(readdirSync(join(home, 'to_deploy')).length).toBeGreaterThan(0);
      expect(readdirSync(join(home, 'files')).length).toBeGreaterThan(0);
      expect(readFileSync(join(home, 'logs/packages.txt'), 'utf8')).toContain('openssh-server');
      expect(readFileSync(join(home, 'logs/journal.log'), 'utf8').length).toBeGreaterThan(1000);
      expect(readFileSync(join(home, 'tester.log'), 'utf8')).toContain('installed');
    }
    expect(run.collectProblems).toEqual({});
  });

  test('leaves reports, and nothing running or mounted', async () => {
    for (const name of ['report.html', 'junit.xml', 'events.ndjson', 'tester.log']) {
      expect(existsSync(join(directory, '.shakedown/runs/latest', name))).toBe(true);
    }
    // Its nodes, and what a layer was made on where there was none yet.
    expect(clusterIds(directory)).not.toEqual([]);
    expect(await leftovers(clusterIds(directory))).toEqual([]);
  });
});
