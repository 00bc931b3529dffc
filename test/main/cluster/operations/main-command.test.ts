import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runOnMain } from '../../../../main/cluster/operations/main-command.ts';
import { temporaryFolder } from '../../../node-agent/temporary.ts';

test('a command on the main host is run by bash where it is there, without anybody’s startup files', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, '.bashrc'), 'echo a greeting\n');
  // By these bash takes itself for a login by ssh.
  const env = { HOME: home, SSH_CLIENT: '10.0.0.1 1 22', SHLVL: '0' };
  // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
  const list = 'names=(one two); [[ $names == o* ]] && echo "${#names[@]}"; exit 3';
  expect(await runOnMain(list, home, { env })).toMatchObject({ command: list, exitCode: 3, stdout: '2\n' });
  expect(await runOnMain('kill -9 $$', home)).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  expect((await runOnMain('cat', home, { stdin: 'in' })).stdout).toBe('in');
});
