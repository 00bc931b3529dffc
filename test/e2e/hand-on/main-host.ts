// A main host of its own, which a test kills: connects to the machines that it is
// given as JSON, one after another.

import { HandOn } from '../../../main/agent/hand-on/hand-on.ts';
import { startAgent } from '../../../main/agent/start-agent.ts';
import type { Machine } from '../../../main/providers/provider.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { runContext } from '../../fakes/run-context.ts';

const [machines = '[]', nodeCache = ''] = process.argv.slice(2);
const { cacheDir, signal } = runContext();
const handOn = new HandOn();
const log = () => undefined;

for (const { ssh, address, name } of JSON.parse(machines) as Machine[]) {
  const remote = await connectSsh(ssh, { signal, timeout: 60 });
  const listener = { log, progress: log };
  await startAgent(remote, { cacheDir, runId: 'killed', listener, signal, log, nodeCache, handOn, address });
  console.log(name);
}
