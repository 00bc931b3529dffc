import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunResult } from '../../../main/record/run-result.ts';
import { run } from '../../../main/run/run.ts';
import { openLedgers } from '../../../main/store/file-ledger.ts';
import { fakeScenario, fakeWorld } from '../../fakes/fake-world.ts';

/** Fills the disk to its last byte. Throws ENOSPC when it is full. */
function fill(directory: string): void {
  for (;;) writeFileSync(join(directory, 'core'), Buffer.alloc(4096), { flag: 'a' });
}

const fillQuietly = (directory: string): void => {
  try {
    fill(directory);
  } catch {
    // It is full.
  }
};

test.each([
  ['is told by what comes home', fill],
  ['is only met by what the run itself writes', fillQuietly],
])(
  'a disk of the main host that is full while evidence is collected, and that %s',
  async (_how, duringDownload) => {
    const world = fakeWorld({ duringDownload });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', world.directory]);
    try {
      const result = await run({ scenario: fakeScenario(), flags: {}, keep: 'never' }, world);
      expect(result).toMatchObject({ verdict: 'error', exitCode: 3 });
      expect(result.failures).toMatchObject([
        {
          message: expect.stringMatching(
            /^no space left on the main host for .*: not all that the run leaves/,
          ),
          hint: expect.stringMatching(/^free some space: df -h /),
        },
      ]);
      expect(world.asked.filter((line) => line === 'destroy')).toEqual(['destroy']);
      expect(await openLedgers(world.directory)).toEqual([]);
      const latest = join(world.directory, '.shakedown/runs/latest');
      expect(readFileSync(join(latest, 'nodes/0/files/core')).length).toBeGreaterThan(4096);
      expect(existsSync(join(latest, 'run.json.new'))).toBe(false);
      const told = JSON.parse(readFileSync(join(latest, 'run.json'), 'utf8')) as RunResult;
      expect(told).toMatchObject({ exitCode: 3, failures: result.failures });
      for (const name of ['report.html', 'junit.xml'])
        expect(readFileSync(join(latest, name), 'utf8')).toContain('no space left on the main host');
      expect(existsSync(join(latest, 'tmp'))).toBe(false);
    } finally {
      execFileSync('umount', [world.directory]);
    }
  },
);
