import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startAgent } from '../../../main/agent/start-agent.ts';
import { folder, node } from '../remotes/fake-node.ts';

const quiet = { log: () => undefined, progress: () => undefined };

/** Starts an agent on a node whose login has this shell. */
async function startWith(script: string) {
  const shell = join(folder(), 'shell');
  writeFileSync(shell, `#!/bin/sh\n${script}\n`);
  chmodSync(shell, 0o755);
  const { connect } = await node({ shell, env: { SHAKEDOWN_AGENT_STATE: folder() } });
  const remote = await connect();
  const agent = await startAgent(remote, {
    ...{ cacheDir: join(tmpdir(), 'shakedown-test-cache'), runId: 'r', nodeCache: join(folder(), 'cache') },
    ...{ listener: quiet, log: quiet.log, signal: new AbortController().signal },
  });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return { agent, remote };
}

test.each([
  ['a line', 'echo Welcome to this machine'],
  ['a line without an end', 'printf Welcome'],
  ['half a megabyte', 'yes Welcome to this machine | head -n 18000'],
  ['a line on stderr', 'echo Welcome to this machine >&2'],
  ['each command on stderr', 'echo "+ $2" >&2'],
  ['each command', 'echo "+ $2"'],
  ['what acts on a terminal', 'printf "\\033[2J\\033]0;owned\\007"'],
  ['all by stdout', 'exec 2>&1'],
])('a login whose shell prints %s before each command does no harm', async (_what, script) => {
  const { agent, remote } = await startWith(`${script}; exec /bin/sh "$@"`);
  expect(await agent.exec('echo by the agent')).toMatchObject({ exitCode: 0, stdout: 'by the agent\n' });
  const words = script === 'exec 2>&1' ? { stdout: 'by ssh\n' } : { stdout: 'by ssh\n', stderr: 'err\n' };
  expect(await remote.exec('echo by ssh; printf "" >&2')).toMatchObject({ exitCode: 0, stdout: 'by ssh\n' });
  if (words.stderr) expect(await remote.exec('echo by ssh; echo err >&2')).toMatchObject(words);
  const home = folder();
  writeFileSync(join(home, 'from'), 'bytes');
  const got = await remote.download([join(home, 'from')], join(home, 'got'), { base: home });
  expect(got).toMatchObject({ files: 1, problems: [] });
  expect(readFileSync(join(home, 'got/from'), 'utf8')).toBe('bytes');
  expect(await remote.exec('exit 3')).toMatchObject({ exitCode: 3, stdout: '', stderr: '' });
});

test.each([
  ['megabytes', 'yes Welcome to this machine | head -n 300000; exec /bin/sh "$@"'],
  ['words without end', 'exec yes Welcome to this machine'],
  ['words without end on stderr', 'exec yes Welcome to this machine >&2'],
])('a login whose shell prints %s before each command is told as that', async (_what, script) => {
  await expect(startWith(script)).rejects.toMatchObject({
    message: expect.stringMatching(/^the login's shell on the node prints more than 1048576 bytes .{1,150}$/),
    details: { hint: expect.stringContaining('~/.bashrc') },
  });
});

test.each([
  [
    'nologin',
    'echo This account is currently not available.; exit 1',
    /exit code 1: This account is currently/,
  ],
  ['false', 'exit 1', /exit code 1$/],
  ['a command of its own', 'cat >/dev/null; echo no shell here >&2; exit 0', /exit code 0: no shell here/],
])('a login whose shell is %s is told as one that runs no commands', async (_what, script, words) => {
  const refused = await startWith(script).catch((error) => error);
  expect(refused.message).toMatch(
    /^the login's shell of 'root' on the node runs no commands: it ended with /,
  );
  expect(refused.message).toMatch(words);
  expect(refused.details.hint).toContain('chsh -s /bin/sh root');
});
