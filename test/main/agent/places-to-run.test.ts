import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startAgent } from '../../../main/agent/start-agent.ts';
import { folder, node } from '../remotes/fake-node.ts';

/** A folder of its own file system, mounted with these options. */
function mounted(options: string): string {
  const directory = join(folder(), 'mounted');
  mkdirSync(directory);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const asRoot = (...words: readonly string[]) => {
    const [program = '', ...args] = [...sudo, ...words];
    execFileSync(program, args);
  };
  asRoot('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', directory);
  onTestFinished(() => asRoot('umount', directory));
  return directory;
}

async function startIn(nodeCache: readonly string[]) {
  const { connect } = await node({ env: { SHAKEDOWN_AGENT_STATE: folder() } });
  const remote = await connect();
  const logged: string[] = [];
  const listener = { log: () => undefined, progress: () => undefined };
  const agent = await startAgent(remote, {
    ...{ cacheDir: join(tmpdir(), 'shakedown-test-cache'), runId: 'r', nodeCache, listener },
    ...{ log: (line: string) => logged.push(line), signal: new AbortController().signal },
  });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return { agent, logged };
}

test.each(['noexec,mode=755', 'ro,mode=755', 'size=60m,mode=755'])(
  'where the cache is mounted %s, the agent goes elsewhere',
  async (options) => {
    const [first, second] = [join(mounted(options), 'cache'), join(folder(), 'cache')];
    const { agent, logged } = await startIn([first, second]);
    expect(await agent.exec('echo up')).toMatchObject({ stdout: 'up\n' });
    expect(logged).toContain(`programs cannot be run from ${first}: the agent goes to ${second}`);
    // Whoever empties a working directory must not empty this one.
    await expect(agent.call('clean', { workingDir: second, keep: [] })).rejects.toThrow(
      /cannot be the working/,
    );
    expect(existsSync(join(first, '.probe'))).toBe(false);
  },
);

test('where there is no folder from which it can be run, each is told with why', async () => {
  const options = ['noexec,mode=755', 'ro,mode=755', 'size=60m,mode=755'];
  const [noexec, readOnly, small] = options.map((each) => join(mounted(each), 'x'));
  const refused = await startIn([`${noexec}`, `${readOnly}`, `${small}`]).catch((error) => error);
  expect(refused.message).toBe('there is no folder on the node from which the agent could be run');
  expect(refused.details.lastLines).toEqual([
    `${noexec}: no program may be run from there: it is mounted noexec`,
    expect.stringMatching(new RegExp(`^${readOnly}: .*Read-only file system`)),
    `${small}: 59 MiB are free there, and 128 are needed`,
  ]);
});
