import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { historyFile, readHistory } from '../../../../main/distribute/history/history-file.ts';
import { readSentProject } from '../../../../main/distribute/project/sent-project.ts';
import { place, verdicts } from '../place.ts';

/** A folder that stays while the project's own comes and goes with each job. */
function home(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-home-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'shop'));
  return join(folder, 'shop');
}

const sh = { files: 'test/*.sh', command: 'sh {file}', localRunners: 1 };

describe('a project that was sent for one job', () => {
  test('has the files that were sent, whatever git would say of them', async () => {
    const { run } = place({
      '.gitignore': 'test/forced.sh\n',
      'test/forced.sh': 'true',
      'test/left-by-the-worker.sh': 'false',
    });
    const sent = { files: ['.gitignore', 'test/forced.sh'], home: home() };
    expect(verdicts(await run(sh, { sent }))).toEqual({ 'test/forced.sh': 'pass' });
  });

  test('leaves its run in its folder, and its history where it stays', async () => {
    const { run, directory } = place({ 'test/a.sh': 'true' });
    const sent = { files: ['test/a.sh'], home: home() };
    const result = await run(sh, { sent });
    expect(result.directory).toContain(`${directory}/.shakedown/runs/`);
    expect(existsSync(historyFile(directory))).toBe(false);
    expect(readHistory(historyFile(sent.home))).toMatchObject({ 'test/a.sh': { runs: 1, failed: false } });
  });

  test('has the same names for databases in each job, and others beside one that is under way', async () => {
    const kept = home();
    const project = () => {
      const { run, left } = place({
        'test/a.sh': 'echo "$DB_PREFIX"; while [ -e hold ]; do sleep 0.05; done',
      });
      const prefix = async (onBegan?: () => void) => {
        const sent = { files: ['test/a.sh'], home: kept };
        const result = await run(sh, { sent, ...(onBegan ? { onBegan } : {}) });
        return left(result, result.files[0]?.ran?.output ?? '').trim();
      };
      return { prefix };
    };
    const first = await project().prefix();
    expect(first).toMatch(/shop/);
    expect(await project().prefix()).toBe(first);
    let beside: Promise<string> | undefined;
    const again = await project().prefix(() => {
      beside = project().prefix();
    });
    expect(again).toBe(first);
    expect(await beside).not.toBe(first);
  });
});

test('its runners and files are told as events', async () => {
  const { run, events } = place({ 'test/a.sh': 'true', 'test/b.sh': 'exit 3' });
  await run(sh);
  const told = events.filter(({ type }) => /^file/.test(type)).map(({ at: _, ...event }) => event);
  expect(told).toContainEqual({
    type: 'files-begun',
    runner: '0_0',
    node: expect.any(String),
    files: ['test/a.sh'],
  });
  expect(told).toContainEqual({ type: 'files-ended', runner: '0_0' });
  const ms = expect.any(Number);
  expect(told).toContainEqual({
    ...{ type: 'file-result', file: 'test/b.sh', verdict: 'fail', durationMs: ms },
    ...{ message: 'it exits with 3', settled: ms, files: 2 },
  });
});

test('what is said of it has to be right', () => {
  const file = join(home(), 'sent.json');
  expect(() => readSentProject(file)).toThrow(`--sent ${file}: it does not say what was sent: ENOENT`);
  writeFileSync(file, '{"files": ["a"], "home": "here"}');
  expect(() => readSentProject(file)).toThrow('it does not say what was sent');
});
