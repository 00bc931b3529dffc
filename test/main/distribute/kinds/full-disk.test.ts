import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { writtenCommand } from '../../../../main/distribute/suite/test-command.ts';
import { place } from '../place.ts';

describe('a report that cannot be kept whole, for the disk is full, is none', () => {
  test.each([
    [
      'go',
      'go test {files}',
      'i=0; while [ $((i += 1)) -le 400 ]; do echo \'{"Action":"start","Package":"p"}\'; done',
    ],
    [
      'prove',
      'prove {files}',
      'head -c 3000 /dev/zero >"$PERL_TEST_HARNESS_DUMP_TAP/a.t"; head -c 3000 /dev/zero',
    ],
  ])('%s', async (program, command, prints) => {
    const { directory, write } = place({});
    write(`bin/${program}`, `#!/bin/sh\n${prints}\nexit 0\n`, 0o755);
    const report = join(directory, 'report');
    const { argv } = writtenCommand(command).process(['a'], report);
    const run = (blocks: string) =>
      execa('/bin/sh', ['-c', `ulimit -f ${blocks}; exec "$@"`, 'sh', ...argv], {
        ...{ env: { PATH: `${join(directory, 'bin')}:${process.env.PATH}` }, reject: false },
      });
    expect((await run('unlimited')).exitCode).toBe(0);
    expect(existsSync(report)).toBe(true);
    rmSync(report);
    // Of 512 bytes each.
    await run('10');
    expect(existsSync(report)).toBe(false);
  });
});
