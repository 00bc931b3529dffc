import { chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startAgent } from '../../../main/agent/start-agent.ts';
import { folder, node } from '../remotes/fake-node.ts';

const quiet = { log: () => undefined, progress: () => undefined };

test.each([
  ['a line', 'echo Welcome to this machine; exec /bin/sh "$@"'],
  ['megabytes', 'yes Welcome to this machine | head -n 300000; exec /bin/sh "$@"'],
  ['words without end', 'exec yes Welcome to this machine'],
  ['what acts on a terminal', 'printf "\\033[2J\\033]0;owned\\007"; exec /bin/sh "$@"'],
])('a login whose shell prints %s before each command is told as that', async (_what, script) => {
  const shell = join(folder(), 'shell');
  writeFileSync(shell, `#!/bin/sh\n${script}\n`);
  chmodSync(shell, 0o755);
  const { connect } = await node({ shell, env: { SHAKEDOWN_AGENT_STATE: folder() } });
  const remote = await connect();
  const starting = startAgent(remote, {
    ...{ cacheDir: join(tmpdir(), 'shakedown-test-cache'), runId: 'r', nodeCache: join(folder(), 'cache') },
    ...{ listener: quiet, log: quiet.log, signal: AbortSignal.timeout(50_000) },
  });
  await expect(starting).rejects.toMatchObject({
    message: expect.stringMatching(/^the login's shell on the node prints something of its own .{1,150}$/),
    details: { hint: expect.stringContaining('~/.bashrc') },
  });
});
