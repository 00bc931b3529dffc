import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runsCommand } from '../../../../main/commands/run/runs.ts';
import { node } from '../../remotes/fake-node.ts';
import { inFolder, keptIn } from '../kept-machines.ts';

const record = JSON.parse(readFileSync(join(import.meta.dirname, '../../record/run-of-0.2.0.json'), 'utf8'));

test('a run without a report is listed with why that may be', async () => {
  const directory = keptIn([]);
  mkdirSync(join(directory, '.shakedown/runs/20260101-000000-abcd'), { recursive: true });
  const { stdout } = await inFolder(directory, runsCommand, { args: ['list'] });
  expect(stdout).toBe('20260101-000000-abcd  ?      no report: it is under way, or was killed\n');
});

test('a run that kept its machines tells of them until they are given up', async () => {
  const directory = keptIn([(await node()).target]);
  const run = join(directory, '.shakedown/runs/20260101-000000-abcd');
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'run.json'), JSON.stringify({ ...record, kept: 'abc123' }));
  const shown = async () => {
    const args = ['show', '20260101-000000-abcd'];
    return (await inFolder(directory, runsCommand, { args })).stdout;
  };
  expect(await shown()).toContain('kept    the machines');
  rmSync(join(directory, '.shakedown/cluster.json'));
  const later = await shown();
  expect(later).toContain('tester.log');
  expect(later).not.toContain('the machines');
});
