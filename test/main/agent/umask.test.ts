import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { startAgent } from '../../../main/agent/start-agent.ts';
import { folder, node } from '../remotes/fake-node.ts';

const quiet = { log: () => undefined, progress: () => undefined };
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

test.each(['077', '027', '000'])(
  'a login with umask %s makes no difference to what is made',
  async (umask) => {
    const base = folder();
    const shell = join(base, 'shell');
    writeFileSync(shell, `#!/bin/sh\numask ${umask}; exec /bin/sh "$@"\n`);
    chmodSync(shell, 0o755);
    const { connect } = await node({ shell, env: { SHAKEDOWN_AGENT_STATE: join(base, 'lib/state') } });
    const remote = await connect();
    const agent = await startAgent(remote, {
      ...{ cacheDir: join(tmpdir(), 'shakedown-test-cache'), runId: 'r', nodeCache: join(base, 'var/cache') },
      ...{ listener: quiet, log: quiet.log, signal: new AbortController().signal },
    });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    const work = join(base, 'srv/work');
    await agent.call('clean', { workingDir: work, keep: [] });
    expect([join(base, 'srv'), work].map(modeOf)).toEqual(['755', '755']);
    const from = join(base, 'from');
    writeFileSync(from, 'x');
    chmodSync(from, 0o664);
    const to = join(base, 'etc/app/conf');
    await agent.call('place', { files: [{ from, to, owner: String(process.getuid?.() ?? 0) }] });
    expect([join(base, 'etc'), join(base, 'etc/app'), to].map(modeOf)).toEqual(['755', '755', '664']);
    expect(await agent.exec('umask')).toMatchObject({ stdout: '0022\n' });
    // Before there is an agent, files travel over ssh.
    const tree = folder();
    writeFileSync(join(tree, 'file'), 'x');
    chmodSync(join(tree, 'file'), 0o640);
    await remote.upload(tree, join(base, 'up/loaded'));
    expect(['up', 'up/loaded', 'up/loaded/file'].map((path) => modeOf(join(base, path)))).toEqual([
      ...['755', '755', '640'],
    ]);
    const open = await execa('find', [base, '-perm', '-002', '-not', '-type', 'l']);
    expect(open.stdout).toBe('');
  },
);
