import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { rerunCommand } from '../../../../main/commands/run/rerun.ts';
import { folder } from '../../remotes/fake-node.ts';
import { inFolder, keptIn } from '../kept-machines.ts';

/** What `shakedown rerun` says before it finds out that this folder has no config. */
async function said(flags: object): Promise<string> {
  const cwd = keptIn([{ host: '127.0.0.1', port: 22, user: 'root' }]);
  const file = join(cwd, '.shakedown/cluster.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), flags }));
  const stderr = new PassThrough();
  const { signal } = new AbortController();
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
  const running = rerunCommand(
    [],
    { rest: [] },
    { ...streams, cwd, env: {}, signal, hurry: signal, cacheDir: cwd },
  );
  await expect(running).rejects.toBeInstanceOf(UsageError);
  return String(stderr.read() ?? '');
}

test('its first line says which earlier flags it repeats; what --set gave may be a secret', async () => {
  const flags = {
    nodeFiles: 'other',
    count: '3',
    set: ['token=geheim', 'timeouts.start=9'],
    cwd: '/somewhere',
  };
  expect(await said(flags)).toBe(
    'shakedown: with the flags of the run that kept these machines: --count 3 --node-files other --set token=… --set timeouts.start=…\n',
  );
  expect(await said({})).toBe('');
});

test('without kept machines it says how to get some', async () =>
  expect(await inFolder(folder(), rerunCommand).catch((error) => error)).toMatchObject({
    name: 'UsageError',
    hint: 'shakedown run --keep',
  }));
